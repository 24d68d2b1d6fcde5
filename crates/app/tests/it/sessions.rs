//! Tests of sessions: seen, ended, expired and cleaned up, here and on another instance.

use futures::future::join_all;
use gathering_app::{
    App, Caller, PageRequest,
    identity::{ChangePassword, SignIn},
};
use gathering_domain::{Actor, Duration, Role, SessionId, Timestamp, UserId};
use gathering_storage::{
    Unit, memberships,
    sessions::{self, NewSession},
};
use gathering_testkit::{Place, each_database};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::support::{Bench, PASSWORD, origin};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Who somebody is.
fn user(caller: &Caller) -> UserId {
    let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
    user_id
}

/// The code with which a token is refused; nothing if it is admitted.
async fn refused(app: &App, token: &str) -> Option<&'static str> {
    app.identity().authenticate(token, None).await.err().map(|error| error.code())
}

async fn caller(app: &App, token: &str) -> Caller {
    app.identity().authenticate(token, None).await.unwrap()
}

/// How many entries the audit trail has.
async fn entries(bench: &Bench) -> usize {
    bench.trail().await.len()
}

async fn is_stored(bench: &Bench, id: SessionId) -> bool {
    sessions::find_by_id(id).first(bench.storage.database()).await.unwrap().is_some()
}

fn change(current: &str, new: &str) -> ChangePassword {
    ChangePassword { current: current.to_owned().into(), new: new.to_owned().into() }
}

const NOBODY: Option<&str> = Some("unauthenticated");

each_database! {
    async fn a_user_sees_and_ends_their_own_sessions_and_no_others(place: Place) {
        let bench = Bench::open(place).await;
        let other = bench.sign_in_as(Role::Member, "b@example.com").await;
        bench.sign_in_as(Role::Member, "a@example.com").await;
        let client = Some("Browser ".repeat(100));
        let command = SignIn {
            email: "a@example.com".to_owned(),
            password: PASSWORD.to_owned().into(),
            origin: gathering_app::Origin { client, ..origin() },
        };
        let signed_in = bench.app.identity().sign_in(command).await.unwrap();
        assert_eq!(signed_in.lasts, Duration::from_secs(30 * 24 * 3600));
        let mine = caller(&bench.app, signed_in.token.expose_secret()).await;
        let list = bench.app.sessions().list(&mine, PageRequest::default()).await.unwrap().items;
        assert_eq!(list.iter().map(|it| it.current).collect::<Vec<_>>(), [false, true]);
        assert_eq!(list[1].address.as_deref(), Some("192.0.2.1"));
        assert_eq!(list[1].client.as_ref().unwrap().chars().count(), 200);
        assert_eq!(list[0].client, None);
        let page = PageRequest { limit: Some(1), cursor: None };
        let page = bench.app.sessions().list(&mine, page).await.unwrap();
        let rest = PageRequest { limit: Some(1), cursor: page.next_cursor };
        assert_eq!(bench.app.sessions().list(&mine, rest).await.unwrap().items, list[1..]);

        let before = entries(&bench).await;
        let theirs = other.session().unwrap();
        let not_mine = bench.app.sessions().revoke(&mine, theirs).await.unwrap_err();
        assert_eq!(not_mine.code(), "not_found");
        assert!(is_stored(&bench, theirs).await);
        assert_eq!(entries(&bench).await, before, "nothing was done");
        bench.app.sessions().revoke(&mine, list[0].id).await.unwrap();
        assert_eq!(entries(&bench).await, before + 1);
        bench.sign_in("a@example.com").await;
        assert_eq!(bench.app.sessions().revoke_others(&mine).await.unwrap(), 1);
        assert_eq!(bench.app.sessions().revoke_others(&mine).await.unwrap(), 0);
        assert_eq!(refused(&bench.app, signed_in.token.expose_secret()).await, None);
        bench.app.sessions().revoke(&mine, signed_in.session_id).await.unwrap();
        assert_eq!(refused(&bench.app, signed_in.token.expose_secret()).await, NOBODY);
    }

    async fn owners_see_and_end_the_sessions_of_others(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let [one, two] = [bench.sign_in("m@example.com").await, bench.sign_in("m@example.com").await];
        let (id, page) = (user(&member), PageRequest::default());
        let sessions = bench.app.sessions();
        let operator = bench.sign_in_as(Role::Operator, "o@example.com").await;
        for refused in [
            sessions.list_of(&operator, id, page.clone()).await.map(drop),
            sessions.revoke_of(&operator, id, member.session().unwrap()).await,
            sessions.revoke_all_of(&operator, id).await.map(drop),
        ] {
            assert_eq!(refused.unwrap_err().code(), "forbidden");
        }
        let nobody = UserId::from_uuid(Uuid::from_u128(404));
        let unknown = sessions.list_of(&bench.owner, nobody, page.clone()).await.unwrap_err();
        assert_eq!(unknown.code(), "not_found");
        let list = sessions.list_of(&bench.owner, id, page).await.unwrap().items;
        assert_eq!(list.len(), 3);
        assert!(list.iter().all(|session| !session.current));
        let first = caller(&bench.app, &one).await.session().unwrap();
        let elsewhere = sessions.revoke_of(&bench.owner, user(&operator), first).await;
        assert_eq!(elsewhere.unwrap_err().code(), "not_found");
        sessions.revoke_of(&bench.owner, id, first).await.unwrap();
        assert_eq!(refused(&bench.app, &one).await, NOBODY);
        assert_eq!(refused(&bench.app, &two).await, None);
        assert_eq!(sessions.revoke_all_of(&bench.owner, id).await.unwrap(), 2);
        assert_eq!(refused(&bench.app, &two).await, NOBODY);
    }

    async fn what_one_instance_ends_another_admits_for_less_than_a_second(place: Place) {
        let bench = Bench::open(place).await;
        let other = bench.another_app().await;
        let owner = bench.sign_in_as(Role::Owner, "o@example.com").await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let id = user(&member);
        let tokens = [bench.sign_in("m@example.com").await, bench.sign_in("m@example.com").await];
        let ways: [u8; 4] = [0, 1, 2, 3];
        for way in ways {
            let token = bench.sign_in("m@example.com").await;
            // Both know it, so that both could admit it from memory.
            assert_eq!((refused(&bench.app, &token).await, refused(&other, &token).await), (None, None));
            let caller = caller(&bench.app, &token).await;
            match way {
                0 => bench.app.identity().sign_out(&caller).await.unwrap(),
                1 => bench.app.sessions().revoke(&caller, caller.session().unwrap()).await.unwrap(),
                2 => drop(bench.app.sessions().revoke_all_of(&owner, id).await.unwrap()),
                _ => drop(bench.app.users().deactivate(&owner, id).await.unwrap()),
            }
            assert_eq!(refused(&bench.app, &token).await, NOBODY, "{way}: at once where it ended");
            bench.pass(SECOND);
            assert_eq!(refused(&other, &token).await, NOBODY, "{way}: within a second elsewhere");
            // Restarted, an instance knows no more than the store.
            assert_eq!(refused(&bench.another_app().await, &token).await, NOBODY, "{way}");
        }
        for token in &tokens {
            assert_eq!(refused(&other, token).await, NOBODY);
        }
    }

    async fn sessions_end_when_idle_and_at_their_latest_on_every_instance(place: Place) {
        let bench = Bench::open(place).await;
        bench.sign_in_as(Role::Member, "m@example.com").await;
        let [idle, used] = [bench.sign_in("m@example.com").await, bench.sign_in("m@example.com").await];
        let other = bench.another_app().await;
        for day in 0..4 {
            bench.pass(Duration::from_secs(6 * 24 * 3600));
            // Whichever instance serves it: its use counts.
            let app = if day % 2 == 0 { &bench.app } else { &other };
            assert_eq!(refused(app, &used).await, None, "day {day}");
        }
        bench.pass(Duration::from_secs(6 * 24 * 3600 - 1));
        assert_eq!(refused(&other, &used).await, None, "a second before its latest end");
        assert_eq!(refused(&other, &idle).await, NOBODY);
        bench.pass(SECOND);
        for app in [&bench.app, &other] {
            assert_eq!(refused(app, &used).await, NOBODY, "from memory neither");
        }
    }

    async fn what_is_over_is_removed_by_any_number_of_instances(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let idle = member.session().unwrap();
        let used = bench.sign_in("m@example.com").await;
        let used_id = caller(&bench.app, &used).await.session().unwrap();
        let more = many(&bench, user(&member), 1_200).await;
        bench.pass(Duration::from_secs(6 * 24 * 3600));
        caller(&bench.app, &used).await;
        while bench.app.identity().remove_expired().await.unwrap() {}
        assert!(is_stored(&bench, idle).await, "nothing is over yet");
        bench.pass(DAY);
        let (one, other) = (bench.another_app().await, bench.another_app().await);
        assert!(one.identity().remove_expired().await.unwrap(), "a step is bounded");
        let sweep = |app: App| async move { while app.identity().remove_expired().await.unwrap() {} };
        futures::join!(sweep(one), sweep(other.clone()));
        assert!(!is_stored(&bench, idle).await);
        for id in more {
            assert!(!is_stored(&bench, id).await);
        }
        assert!(is_stored(&bench, used_id).await);
        assert!(!other.identity().remove_expired().await.unwrap(), "again is harmless");
        bench.pass(Duration::from_secs(24 * 24 * 3600));
        assert!(!bench.app.identity().remove_expired().await.unwrap());
        assert!(!is_stored(&bench, used_id).await);
    }

    async fn a_user_has_a_hundred_sessions_at_most(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let oldest = member.session().unwrap();
        bench.pass(SECOND);
        let more = many(&bench, user(&member), 99).await;
        assert!(is_stored(&bench, oldest).await);
        bench.pass(SECOND);
        let latest = bench.sign_in("m@example.com").await;
        assert!(!is_stored(&bench, oldest).await, "the one that was used least lately goes");
        assert!(is_stored(&bench, more[0]).await);
        assert_eq!(refused(&bench.app, &latest).await, None);
    }

    async fn a_hundred_at_once_use_one_token_until_it_is_revoked(place: Place) {
        let bench = Bench::open(place).await;
        let other = bench.another_app().await;
        let owner = bench.sign_in_as(Role::Owner, "o@example.com").await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let token = bench.sign_in("m@example.com").await;
        let apps = [&bench.app, &other];
        let hundred = || join_all((0..100).map(|n| refused(apps[n % 2], &token)));
        assert!(hundred().await.iter().all(Option::is_none));
        bench.pass(SECOND);
        let revoke = bench.app.sessions();
        let (during, ended) = futures::join!(hundred(), revoke.revoke_all_of(&owner, user(&member)));
        assert_eq!(ended.unwrap(), 2);
        assert!(during.iter().all(|code| code.is_none() || *code == NOBODY), "{during:?}");
        // What was read before it was revoked is not remembered after.
        assert!(join_all((0..100).map(|_| refused(&bench.app, &token))).await.iter().all(|it| *it == NOBODY));
        bench.pass(SECOND);
        assert!(hundred().await.iter().all(|code| *code == NOBODY));
    }

    async fn another_role_in_the_project_holds_within_a_second_everywhere(place: Place) {
        let bench = Bench::open(place).await;
        let other = bench.another_app().await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let token = bench.sign_in("m@example.com").await;
        for app in [&bench.app, &other] {
            assert_eq!(caller(app, &token).await.role(), Role::Member);
        }
        let home = bench.app.project();
        let write = memberships::put(home, user(&member), Role::Viewer, Timestamp::from_micros(1));
        bench.storage.database().apply(Unit::new().with(write.into())).await.unwrap();
        bench.pass(SECOND);
        for app in [&bench.app, &other] {
            assert_eq!(caller(app, &token).await.role(), Role::Viewer);
        }
    }

    async fn a_new_password_ends_all_other_sessions_and_changes_the_own_token(place: Place) {
        let bench = Bench::open(place).await;
        bench.sign_in_as(Role::Member, "m@example.com").await;
        let [own, stolen] = [bench.sign_in("m@example.com").await, bench.sign_in("m@example.com").await];
        let other = bench.another_app().await;
        assert_eq!(refused(&other, &own).await, None);
        let (me, identity) = (caller(&bench.app, &own).await, bench.app.identity());
        let before = entries(&bench).await;
        let wrong = identity.change_password(&me, change("wrong horse battery", "x")).await;
        assert_eq!(wrong.unwrap_err().code(), "wrong_credentials");
        assert_eq!(entries(&bench).await, before + 1, "a wrong one is recorded");
        let weak = identity.change_password(&me, change(PASSWORD, "short")).await.unwrap_err();
        let gathering_app::Error::Invalid { faults, .. } = &weak else { panic!("{weak:?}") };
        assert_eq!((faults[0].pointer.as_str(), faults[0].code.as_str()), ("/new", "too_short"));
        assert_eq!(refused(&bench.app, &stolen).await, None, "nothing has changed");

        let signed_in = identity.change_password(&me, change(PASSWORD, "plum orbit kettle 42")).await;
        let signed_in = signed_in.unwrap();
        let new = signed_in.token.expose_secret();
        assert_eq!(Some(signed_in.session_id), me.session());
        for old in [&own, &stolen] {
            assert_eq!(refused(&bench.app, old).await, NOBODY);
        }
        assert_eq!(refused(&bench.app, new).await, None);
        bench.pass(SECOND);
        assert_eq!(refused(&other, &own).await, NOBODY);
        assert_eq!(refused(&other, new).await, None);
        let sign_in = |password: &str| SignIn {
            email: "m@example.com".to_owned(),
            password: password.to_owned().into(),
            origin: origin(),
        };
        let old = identity.sign_in(sign_in(PASSWORD)).await.unwrap_err();
        assert_eq!(old.code(), "wrong_credentials");
        identity.sign_in(sign_in("plum orbit kettle 42")).await.unwrap();
        // Of two who change it at the same time, one has checked a password that is no more.
        let me = caller(&bench.app, new).await;
        let (one, two) = futures::join!(
            identity.change_password(&me, change("plum orbit kettle 42", "harbour nine lantern")),
            identity.change_password(&me, change("plum orbit kettle 42", "marble window seven"))
        );
        assert_eq!([&one, &two].iter().filter(|it| it.is_ok()).count(), 1, "{one:?} {two:?}");
        let local = identity.change_password(&bench.owner, change(PASSWORD, "x")).await;
        assert_eq!(local.unwrap_err().code(), "session_required");
    }
}

/// More sessions of a user, as if they had signed in so often.
async fn many(bench: &Bench, user_id: UserId, count: u64) -> Vec<SessionId> {
    use gathering_domain::Clock as _;
    let now = bench.clock.now();
    let mut unit = Unit::new();
    let ids: Vec<_> = (0..count)
        .map(|n| SessionId::from_uuid(Uuid::from_u128((1 << 100) + u128::from(n))))
        .collect();
    for (n, id) in (0_u64..).zip(&ids) {
        let mut token_hash = [9; 32];
        token_hash[..8].copy_from_slice(&n.to_be_bytes());
        let expires_at = now + Duration::from_secs(30 * 24 * 3600);
        let (address, client) = (None, None);
        let session = NewSession {
            id: *id,
            user_id,
            token_hash,
            created_at: now,
            expires_at,
            address,
            client,
        };
        unit = unit.with(sessions::insert(&session).into());
    }
    bench.storage.database().apply(unit).await.unwrap();
    ids
}
