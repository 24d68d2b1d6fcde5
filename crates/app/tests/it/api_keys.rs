//! Tests of API keys: whose they are, what they may do, and when they end.

use std::collections::BTreeSet;

use gathering_app::{
    Caller, PageRequest,
    identity::{ApiKey, ChangePassword, CreateKey, CreateUser, CreatedKey, Invite, UpdateUser},
    projects::{PutMember, UpdateProject},
    secrets::PutSecret,
};
use gathering_domain::{Actor, ApiKeyId, Duration, Permission, ProjectId, Role, UserId};
use gathering_storage::{Unit, api_keys, memberships, projects};
use gathering_testkit::{Place, each_database};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::support::{Bench, PASSWORD};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);
const NOBODY: &str = "unauthenticated";

fn user(caller: &Caller) -> UserId {
    let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
    user_id
}

fn wanted(scopes: &[Permission]) -> CreateKey {
    let scopes = scopes.to_vec();
    CreateKey { name: "ci".to_owned(), project_id: None, scopes, expires_at: None }
}

async fn make(bench: &Bench, caller: &Caller, scopes: &[Permission]) -> CreatedKey {
    bench.app.api_keys().create(caller, wanted(scopes)).await.unwrap()
}

/// The code with which a key is refused in a project; nothing if it is admitted.
async fn refused(
    app: &gathering_app::App,
    key: &CreatedKey,
    project: Option<ProjectId>,
) -> Option<&'static str> {
    let admitted = app.identity().authenticate(key.token.expose_secret(), project).await;
    admitted.err().map(|error| error.code())
}

async fn acts(bench: &Bench, key: &CreatedKey) -> Caller {
    bench.app.identity().authenticate(key.token.expose_secret(), None).await.unwrap()
}

async fn apply(bench: &Bench, write: gathering_storage::Write) {
    bench.storage.database().apply(Unit::new().with(write.into())).await.unwrap();
}

async fn list(bench: &Bench, caller: &Caller) -> Vec<ApiKey> {
    bench.app.api_keys().list(caller, PageRequest::default()).await.unwrap().items
}

each_database! {
    async fn a_key_acts_as_its_user_within_its_scopes(place: Place) {
        let bench = Bench::open(place).await;
        let operator = bench.sign_in_as(Role::Operator, "o@example.com").await;
        let key = make(&bench, &operator, &[Permission::RunStart, Permission::Read]).await;
        let token = key.token.expose_secret();
        assert!(token.starts_with("gtk_"), "{token}");
        assert!(token.starts_with(&key.key.hint) && key.key.hint.len() == 12, "{:?}", key.key);
        let caller = acts(&bench, &key).await;
        assert_eq!((caller.actor(), caller.project()), (operator.actor(), bench.app.project()));
        assert_eq!(caller.permissions(), [Permission::Read, Permission::RunStart]);
        let secret = PutSecret { name: "S".to_owned(), value: "v".to_owned().into(), hosts: vec![] };
        let beyond = bench.app.secrets().put(&caller, secret).await.unwrap_err();
        assert_eq!(beyond.code(), "forbidden");
        let me = bench.app.identity().me(&caller).await.unwrap();
        assert_eq!(me.scopes, Some(vec![Permission::Read, Permission::RunStart]));
        assert_eq!((me.server_role, me.role), (Role::Operator, Some(Role::Operator)));
        assert_eq!(list(&bench, &operator).await, [ApiKey { used_at: Some(key.key.created_at), ..key.key }]);
    }

    async fn a_key_needs_a_session_and_gives_no_more_than_one_has(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let keys = bench.app.api_keys();
        for (command, code) in [
            (wanted(&[Permission::UserWrite]), "forbidden"),
            (wanted(&[Permission::Read, Permission::ProviderWrite]), "forbidden"),
            (wanted(&[]), "invalid"),
            (CreateKey { name: String::new(), ..wanted(&[Permission::Read]) }, "invalid"),
            (
                CreateKey {
                    project_id: Some(ProjectId::from_uuid(Uuid::from_u128(404))),
                    ..wanted(&[Permission::Read])
                },
                "not_found",
            ),
        ] {
            assert_eq!(keys.create(&member, command).await.unwrap_err().code(), code);
        }
        let key = make(&bench, &member, &[Permission::Read]).await;
        let by_key = acts(&bench, &key).await;
        let sessions = bench.app.sessions();
        let password = ChangePassword { current: "x".to_owned().into(), new: "y".to_owned().into() };
        let page = PageRequest::default;
        for (what, refused) in [
            ("keys.create", keys.create(&by_key, wanted(&[Permission::Read])).await.map(drop)),
            ("keys.list", keys.list(&by_key, page()).await.map(drop)),
            ("keys.revoke", keys.revoke(&by_key, key.key.id).await),
            ("sessions.list", sessions.list(&by_key, page()).await.map(drop)),
            ("sessions.revoke", sessions.revoke(&by_key, member.session().unwrap()).await),
            ("sessions.revoke_others", sessions.revoke_others(&by_key).await.map(drop)),
            ("password", bench.app.identity().change_password(&by_key, password).await.map(drop)),
            ("sign_out", bench.app.identity().sign_out(&by_key).await),
        ] {
            assert_eq!(refused.unwrap_err().code(), "session_required", "{what}");
        }
        let lister = keys.list_of(&by_key, user(&member), page()).await.unwrap_err();
        assert_eq!(lister.code(), "forbidden");
        // An owner's key does what is an owner's only if it may by its scopes.
        let owner = bench.sign_in_as(Role::Owner, "o@example.com").await;
        let narrow = acts(&bench, &make(&bench, &owner, &[Permission::Read]).await).await;
        assert_eq!(sessions.revoke_all_of(&narrow, user(&member)).await.unwrap_err().code(), "forbidden");
        let wide = acts(&bench, &make(&bench, &owner, &[Permission::UserWrite]).await).await;
        assert_eq!(sessions.revoke_all_of(&wide, user(&member)).await.unwrap(), 1);
        keys.revoke(&wide, key.key.id).await.unwrap();
        assert_eq!(refused(&bench.app, &key, None).await, Some(NOBODY));
        // Nobody becomes somebody else by making a key for them, but whoever sits at the host.
        let for_other = keys.create_for(&owner, user(&member), wanted(&[Permission::Read])).await;
        assert_eq!(for_other.unwrap_err().code(), "forbidden");
        let made = keys.create_for(&bench.owner, user(&member), wanted(&[Permission::RunStart])).await;
        assert_eq!(acts(&bench, &made.unwrap()).await.actor(), member.actor());
        let beyond = keys.create_for(&bench.owner, user(&member), wanted(&[Permission::UserWrite])).await;
        assert_eq!(beyond.unwrap_err().code(), "forbidden");
    }

    async fn no_key_changes_another_project(place: Place) {
        let bench = Bench::open(place).await;
        let owner = bench.sign_in_as(Role::Owner, "o@example.com").await;
        let member = user(&bench.sign_in_as(Role::Member, "m@example.com").await);
        let key = acts(&bench, &make(&bench, &owner, &[Permission::ProjectWrite]).await).await;
        let projects = bench.app.projects();
        let keyed = Some("once".to_owned());
        let made = projects.create(&key, "Research", keyed.clone()).await.unwrap();
        assert_eq!(projects.create(&key, "Research", keyed).await.unwrap().id, made.id);
        let (project_id, user_id) = (made.id, member);
        let put = |project_id| PutMember { project_id, user_id, role: Role::Viewer };
        projects.put_member(&owner, put(project_id)).await.unwrap();
        let page = PageRequest::default();
        for (what, refused) in [
            ("get", projects.get(&key, made.id).await.map(drop)),
            ("update", projects.update(&key, made.id, UpdateProject::default(), 1).await.map(drop)),
            ("members", projects.members(&key, made.id, page).await.map(drop)),
            ("put", projects.put_member(&key, put(project_id)).await.map(drop)),
            ("delete", projects.delete_member(&key, project_id, user_id).await),
            ("close", projects.close(&key, made.id).await),
        ] {
            assert_eq!(refused.unwrap_err().code(), "not_found", "{what}");
        }
        projects.put_member(&key, put(key.project())).await.unwrap();
    }

    async fn no_key_gives_anybody_access(place: Place) {
        let bench = Bench::open(place).await;
        let owner = bench.sign_in_as(Role::Owner, "o@example.com").await;
        let member = user(&bench.sign_in_as(Role::Member, "m@example.com").await);
        let key = acts(&bench, &make(&bench, &owner, &[Permission::UserWrite]).await).await;
        let (users, invitations) = (bench.app.users(), bench.app.invitations());
        let invite = Invite {
            email: "new@example.com".to_owned(),
            role: Role::Owner,
            projects: None,
            lasts: None,
            idempotency_key: None,
        };
        let email = "n@example.com".to_owned();
        let (name, password) = (String::new(), PASSWORD.to_owned().into());
        let create = CreateUser { email, name, role: Role::Owner, password };
        let promote = UpdateUser { role: Some(Role::Owner), ..UpdateUser::default() };
        let admit = UpdateUser { active: Some(true), ..UpdateUser::default() };
        for (what, refused) in [
            ("link of its own user", users.password_link(&key, user(&owner)).await.map(drop)),
            ("link of another", users.password_link(&key, member).await.map(drop)),
            ("invitation", invitations.create(&key, invite).await.map(drop)),
            ("user", users.create(&key, create).await.map(drop)),
            ("role", users.update(&key, member, promote, 1).await.map(drop)),
            ("reactivation", users.update(&key, member, admit, 1).await.map(drop)),
        ] {
            assert_eq!(refused.unwrap_err().code(), "session_required", "{what}");
        }
        let named = UpdateUser { name: Some("Grace".to_owned()), ..UpdateUser::default() };
        assert_eq!(users.update(&key, member, named, 1).await.unwrap().name, "Grace");
        assert!(!users.deactivate(&key, member).await.unwrap().active);
    }

    async fn a_key_acts_in_its_project_alone_and_only_while_its_user_may(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let (home, id) = (bench.app.project(), user(&member));
        let other = ProjectId::from_uuid(Uuid::from_u128(77));
        apply(&bench, projects::insert(other, "other", now(&bench))).await;
        let key = make(&bench, &member, &[Permission::Read, Permission::RunStart]).await;
        apply(&bench, memberships::put(other, id, Role::Member, now(&bench))).await;
        bench.pass(SECOND);
        // A member of two must say which; a key always knows.
        assert_eq!(acts(&bench, &key).await.project(), home);
        assert_eq!(refused(&bench.app, &key, Some(home)).await, None);
        assert_eq!(refused(&bench.app, &key, Some(other)).await, Some("not_found"));
        let there = CreateKey { project_id: Some(other), ..wanted(&[Permission::Read]) };
        let in_home = bench.app.identity().authenticate(&bench.sign_in("m@example.com").await, Some(home)).await.unwrap();
        let there = bench.app.api_keys().create(&in_home, there).await.unwrap();
        assert_eq!(acts(&bench, &there).await.project(), other);

        apply(&bench, memberships::put(home, id, Role::Viewer, now(&bench))).await;
        bench.pass(SECOND);
        assert_eq!(acts(&bench, &key).await.permissions(), [Permission::Read], "no more than its user");
        apply(&bench, memberships::delete(home, id)).await;
        bench.pass(SECOND);
        assert_eq!(refused(&bench.app, &key, None).await, Some(NOBODY));
        assert_eq!(refused(&bench.app, &there, None).await, None);
        bench.app.users().deactivate(&bench.owner, id).await.unwrap();
        assert_eq!(refused(&bench.app, &there, None).await, Some(NOBODY));
    }

    async fn a_key_ends_at_its_time_or_when_it_is_revoked_on_every_instance(place: Place) {
        let bench = Bench::open(place).await;
        let instance = bench.another_app().await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let short = CreateKey {
            expires_at: Some(now(&bench) + DAY),
            ..wanted(&[Permission::Read])
        };
        let short = bench.app.api_keys().create(&member, short).await.unwrap();
        let revoked = make(&bench, &member, &[Permission::Read]).await;
        for key in [&short, &revoked] {
            for app in [&bench.app, &instance] {
                assert_eq!(refused(app, key, None).await, None);
            }
        }
        let stranger = bench.sign_in_as(Role::Member, "x@example.com").await;
        let not_theirs = bench.app.api_keys().revoke(&stranger, revoked.key.id).await.unwrap_err();
        assert_eq!(not_theirs.code(), "not_found");
        bench.app.api_keys().revoke(&member, revoked.key.id).await.unwrap();
        assert_eq!(refused(&bench.app, &revoked, None).await, Some(NOBODY), "at once where it ended");
        bench.pass(SECOND);
        assert_eq!(refused(&instance, &revoked, None).await, Some(NOBODY), "elsewhere within a second");
        let gone = bench.app.api_keys().revoke(&member, revoked.key.id).await.unwrap_err();
        assert_eq!(gone.code(), "not_found");

        bench.pass(Duration::from_secs(24 * 3600 - 2));
        assert_eq!(refused(&instance, &short, None).await, None, "a second before its end");
        bench.pass(SECOND);
        for app in [&bench.app, &instance, &bench.another_app().await] {
            assert_eq!(refused(app, &short, None).await, Some(NOBODY), "not from memory either");
        }
        // Its holder sees for 30 days more why a program stopped.
        bench.pass(Duration::from_secs(30 * 24 * 3600 - 1));
        bench.app.identity().remove_expired().await.unwrap();
        assert!(find(&bench, short.key.id).await);
        bench.pass(SECOND);
        bench.app.identity().remove_expired().await.unwrap();
        assert!(!find(&bench, short.key.id).await);
    }

    async fn the_last_use_of_a_key_is_noted_once_a_minute(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let key = make(&bench, &member, &[Permission::Read]).await;
        let (made, mut seen) = (key.key.created_at, BTreeSet::new());
        for _ in 0..13 {
            acts(&bench, &key).await;
            let used_at = list(&bench, &member).await[0].used_at.unwrap();
            seen.insert(used_at.since(made).micros() / 1_000_000);
            bench.pass(Duration::from_secs(10));
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 60, 120]);
    }

    async fn a_user_has_a_hundred_keys_at_most(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let mut first = None;
        for _ in 0..100 {
            let key = make(&bench, &member, &[Permission::Read]).await;
            first.get_or_insert(key.key.id);
        }
        let keys = bench.app.api_keys();
        let full = keys.create(&member, wanted(&[Permission::Read])).await.unwrap_err();
        assert_eq!(full.code(), "limit_reached");
        keys.revoke(&member, first.unwrap()).await.unwrap();
        make(&bench, &member, &[Permission::Read]).await;
        let page = PageRequest { limit: Some(60), cursor: None };
        let page = keys.list_of(&bench.owner, user(&member), page).await.unwrap();
        let rest = PageRequest { limit: Some(60), cursor: page.next_cursor };
        assert_eq!(keys.list(&member, rest).await.unwrap().items.len(), 40);
    }
}

fn now(bench: &Bench) -> gathering_domain::Timestamp {
    use gathering_domain::Clock as _;
    bench.clock.now()
}

async fn find(bench: &Bench, id: ApiKeyId) -> bool {
    api_keys::find_by_id(id).first(bench.storage.database()).await.unwrap().is_some()
}
