//! Tests of changing users, and of new passwords.

use gathering_app::{
    Caller, PageRequest,
    identity::{Accept, ChangePassword, Invite, ResetPassword, SignIn, UpdateUser, User},
};
use gathering_domain::{Actor, AuditAction, Duration, Role, UserId};
use gathering_testkit::{Place, each_database};
use secrecy::{ExposeSecret as _, SecretString};

use crate::support::{Bench, PASSWORD, origin};

const OTHER: &str = "another horse battery";

pub(crate) fn id_of(caller: &Caller) -> UserId {
    let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
    user_id
}

fn role(role: Role) -> UpdateUser {
    UpdateUser { role: Some(role), ..UpdateUser::default() }
}

fn active(active: bool) -> UpdateUser {
    UpdateUser { active: Some(active), ..UpdateUser::default() }
}

fn reset(token: &SecretString, password: &str) -> ResetPassword {
    ResetPassword { token: token.clone(), password: password.to_owned().into(), origin: origin() }
}

impl Bench {
    async fn change(&self, id: UserId, what: UpdateUser) -> User {
        let now = self.app.users().get(&self.owner, id).await.unwrap();
        self.app.users().update(&self.owner, id, what, now.version).await.unwrap()
    }

    async fn opens(&self, password: &str) -> Result<(), &'static str> {
        let (email, password) = ("m@example.com".to_owned(), password.to_owned().into());
        let (identity, origin) = (self.app.identity(), origin());
        let opened = identity.sign_in(SignIn { email, password, origin });
        opened.await.map(drop).map_err(|refused| refused.code())
    }

    async fn is_signed_in(&self, token: &str) -> bool {
        self.app.identity().authenticate(token, None).await.is_ok()
    }
}

each_database! {
    async fn a_link_ends_with_what_it_would_give_and_with_the_rights_of_its_maker(place: Place) {
        let bench = Bench::open(place).await;
        let maker = bench.sign_in_as(Role::Owner, "o@example.com").await;
        bench.sign_in_as(Role::Owner, "other@example.com").await;
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let (id, maker_id) = (id_of(&member), id_of(&maker));
        let (users, identity) = (bench.app.users(), bench.app.identity());
        let invitations = bench.app.invitations();
        let refusal = async |token: &SecretString| {
            identity.reset_password(reset(token, OTHER)).await.unwrap_err().code()
        };

        let link = users.password_link(&maker, id).await.unwrap();
        bench.change(id, role(Role::Viewer)).await;
        assert_eq!(refusal(&link.token).await, "wrong_password_link", "another role");

        let link = users.password_link(&maker, id).await.unwrap();
        let token = bench.sign_in("m@example.com").await;
        let member = identity.authenticate(&token, None).await.unwrap();
        let (current, new) = (PASSWORD.to_owned().into(), OTHER.to_owned().into());
        identity.change_password(&member, ChangePassword { current, new }).await.unwrap();
        assert_eq!(refusal(&link.token).await, "wrong_password_link", "another password");

        let link = users.password_link(&maker, id).await.unwrap();
        let listed = invitations.list(&bench.owner, PageRequest::default()).await.unwrap().items;
        assert_eq!((listed[0].id, listed[0].user_id), (link.id, Some(id)));
        invitations.delete(&bench.owner, link.id).await.unwrap();
        assert_eq!(refusal(&link.token).await, "wrong_password_link", "taken back");

        let invite = |email: &str| Invite {
            email: email.to_owned(),
            role: Role::Owner,
            projects: None,
            lasts: None,
            idempotency_key: None,
        };
        let accept = async |token: SecretString| {
            let (name, password) = ("X".to_owned(), PASSWORD.to_owned().into());
            let accepted = identity.accept(Accept { token, name, password, origin: origin() });
            accepted.await.map(drop).map_err(|refused| refused.code())
        };
        let before = invitations.create(&maker, invite("a@example.com")).await.unwrap();
        let link = users.password_link(&maker, id).await.unwrap();
        bench.change(maker_id, role(Role::Operator)).await;
        let listed = invitations.list(&bench.owner, PageRequest::default()).await.unwrap().items;
        assert!(listed.is_empty(), "{listed:?}");
        // By an instance that does not know of it yet.
        let after = invitations.create(&maker, invite("b@example.com")).await.unwrap();
        for invited in [before, after] {
            assert_eq!(accept(invited.token.unwrap()).await, Err("wrong_invitation"));
        }
        assert_eq!(refusal(&link.token).await, "wrong_password_link", "the maker's role");
        let link = users.password_link(&maker, id).await.unwrap();
        assert_eq!(refusal(&link.token).await, "wrong_password_link", "made too late");
        let of_host = users.password_link(&bench.owner, id).await.unwrap();
        assert!(identity.reset_password(reset(&of_host.token, OTHER)).await.is_ok());
    }

    async fn another_role_ends_all_sessions_and_another_name_none(place: Place) {
        let bench = Bench::open(place).await;
        let id = id_of(&bench.sign_in_as(Role::Operator, "m@example.com").await);
        let token = bench.sign_in("m@example.com").await;
        let named = bench.change(id, UpdateUser { name: Some(" Grace ".into()), ..UpdateUser::default() }).await;
        assert_eq!((named.name.as_str(), named.version), ("Grace", 2));
        assert!(bench.is_signed_in(&token).await);

        let demoted = bench.change(id, role(Role::Member)).await;
        assert_eq!((demoted.role, demoted.version), (Role::Member, 3));
        assert!(!bench.is_signed_in(&token).await);
        let token = bench.sign_in("m@example.com").await;
        let caller = bench.app.identity().authenticate(&token, None).await.unwrap();
        assert_eq!(caller.server_role(), Role::Member);

        // What changes nothing ends nothing.
        assert_eq!(bench.change(id, role(Role::Member)).await.version, 3);
        assert!(bench.is_signed_in(&token).await);
    }

    async fn a_role_that_was_taken_away_is_gone_on_another_instance_as_well(place: Place) {
        let bench = Bench::open(place).await;
        let other = bench.another_app().await;
        let id = id_of(&bench.sign_in_as(Role::Owner, "m@example.com").await);
        bench.sign_in_as(Role::Owner, "o@example.com").await;
        let token = bench.sign_in("m@example.com").await;
        assert_eq!(other.identity().authenticate(&token, None).await.unwrap().role(), Role::Owner);
        bench.change(id, role(Role::Viewer)).await;
        bench.pass(Duration::from_millis(999));
        let refused = other.identity().authenticate(&token, None).await.unwrap_err();
        assert_eq!(refused.code(), "unauthenticated");
    }

    async fn whoever_is_deactivated_may_be_let_in_again(place: Place) {
        let bench = Bench::open(place).await;
        let id = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
        let token = bench.sign_in("m@example.com").await;
        assert!(!bench.change(id, active(false)).await.active);
        assert!(!bench.is_signed_in(&token).await);
        assert_eq!(bench.opens(PASSWORD).await, Err("wrong_credentials"));
        assert!(bench.change(id, active(true)).await.active);
        assert!(!bench.is_signed_in(&token).await);
        assert_eq!(bench.opens(PASSWORD).await, Ok(()));
        let changes = [AuditAction::UserDeactivate, AuditAction::UserReactivate];
        assert!(bench.recorded(&changes).await);
    }

    async fn the_last_owner_is_neither_demoted_nor_deactivated(place: Place) {
        let bench = Bench::open(place).await;
        let users = bench.app.users();
        let id = id_of(&bench.sign_in_as(Role::Owner, "m@example.com").await);
        let second = id_of(&bench.sign_in_as(Role::Owner, "o@example.com").await);
        bench.change(second, active(false)).await;
        for what in [role(Role::Operator), active(false)] {
            let refused = users.update(&bench.owner, id, what, 1).await.unwrap_err();
            assert_eq!(refused.code(), "last_owner");
        }
        bench.change(second, active(true)).await;
        assert_eq!(bench.change(id, role(Role::Operator)).await.role, Role::Operator);
    }

    async fn of_two_owners_who_demote_each_other_at_once_one_stays(place: Place) {
        let bench = Bench::open(place).await;
        let one = bench.sign_in_as(Role::Owner, "one@example.com").await;
        let two = bench.sign_in_as(Role::Owner, "two@example.com").await;
        let other = bench.another_app().await;
        let users = [bench.app.users(), other.users()];
        let demoted = futures::join!(
            users[0].update(&one, id_of(&two), role(Role::Viewer), 1),
            users[1].update(&two, id_of(&one), role(Role::Viewer), 1),
        );
        let codes = [demoted.0.map(drop), demoted.1.map(drop)].map(|done| done.map_err(|error| error.code()));
        assert!(codes.contains(&Ok(())) && codes.contains(&Err("last_owner")), "{codes:?}");
    }

    async fn a_change_of_what_has_changed_since_is_refused(place: Place) {
        let bench = Bench::open(place).await;
        let id = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
        let stale = bench.app.users().update(&bench.owner, id, role(Role::Viewer), 7).await.unwrap_err();
        assert_eq!(stale.code(), "precondition_failed");
        let nameless = UpdateUser { name: Some(String::new()), ..UpdateUser::default() };
        let refused = bench.app.users().update(&bench.owner, id, nameless, 1).await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
        let nobody = UserId::from_uuid(uuid::Uuid::from_u128(404));
        let refused = bench.app.users().update(&bench.owner, nobody, role(Role::Viewer), 1).await.unwrap_err();
        assert_eq!(refused.code(), "not_found");
    }

    async fn people_rename_themselves_by_a_session_alone(place: Place) {
        let bench = Bench::open(place).await;
        let identity = bench.app.identity();
        let caller = bench.sign_in_as(Role::Viewer, "m@example.com").await;
        let me = identity.rename(&caller, "Grace").await.unwrap();
        assert_eq!(me.user.unwrap().name, "Grace");
        assert_eq!(identity.rename(&caller, "").await.unwrap_err().code(), "invalid");
        assert_eq!(identity.rename(&bench.owner, "Grace").await.unwrap_err().code(), "session_required");
        assert!(bench.recorded(&[AuditAction::UserUpdate]).await);
    }

    async fn a_link_sets_a_new_password_once(place: Place) {
        let bench = Bench::open(place).await;
        let identity = bench.app.identity();
        let id = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
        let old = bench.sign_in("m@example.com").await;
        let link = bench.app.users().password_link(&bench.owner, id).await.unwrap();
        assert!(bench.is_signed_in(&old).await);

        let weak = identity.reset_password(reset(&link.token, "short")).await.unwrap_err();
        assert_eq!(weak.code(), "invalid");
        let signed_in = identity.reset_password(reset(&link.token, OTHER)).await.unwrap();
        assert_eq!((signed_in.user.id, signed_in.user.version), (id, 2));
        assert!(bench.is_signed_in(signed_in.token.expose_secret()).await);
        assert!(!bench.is_signed_in(&old).await);
        assert_eq!(bench.opens(PASSWORD).await, Err("wrong_credentials"));
        assert_eq!(bench.opens(OTHER).await, Ok(()));
        let again = identity.reset_password(reset(&link.token, PASSWORD)).await.unwrap_err();
        assert_eq!(again.code(), "wrong_password_link");
        assert!(bench.recorded(&[AuditAction::PasswordLink, AuditAction::PasswordReset]).await);
        for told in bench.trail().await {
            for secret in [OTHER, link.token.expose_secret(), signed_in.token.expose_secret()] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }

    async fn a_link_for_a_password_lasts_a_day_until_a_newer_one_and_while_its_user_may_sign_in(place: Place) {
        let bench = Bench::open(place).await;
        let (identity, users) = (bench.app.identity(), bench.app.users());
        let id = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
        let make = async || users.password_link(&bench.owner, id).await.unwrap().token;
        let refused = async |token: &SecretString| {
            identity.reset_password(reset(token, OTHER)).await.unwrap_err().code()
        };
        let (replaced, newer) = (make().await, make().await);
        assert_eq!(refused(&replaced).await, "wrong_password_link");
        bench.pass(Duration::from_secs(24 * 3600));
        assert_eq!(refused(&newer).await, "wrong_password_link");
        let open = make().await;
        bench.change(id, active(false)).await;
        assert_eq!(refused(&open).await, "wrong_password_link");
        assert_eq!(users.password_link(&bench.owner, id).await.unwrap_err().code(), "invalid");
        bench.change(id, active(true)).await;
        assert_eq!(refused(&open).await, "wrong_password_link");
        for nonsense in ["", "gtp_", "gts_AAAA", &"x".repeat(10_000)] {
            assert_eq!(refused(&nonsense.to_owned().into()).await, "wrong_password_link");
        }
    }

    async fn a_password_set_at_the_command_line_ends_sessions_and_links(place: Place) {
        let bench = Bench::open(place).await;
        let users = bench.app.users();
        let id = id_of(&bench.sign_in_as(Role::Owner, "m@example.com").await);
        let token = bench.sign_in("m@example.com").await;
        let link = users.password_link(&bench.owner, id).await.unwrap();
        let weak = users.set_password(&bench.owner, id, "short".to_owned().into()).await.unwrap_err();
        assert_eq!(weak.code(), "invalid");
        users.set_password(&bench.owner, id, OTHER.to_owned().into()).await.unwrap();
        assert!(!bench.is_signed_in(&token).await);
        assert_eq!(bench.opens(OTHER).await, Ok(()));
        let used = bench.app.identity().reset_password(reset(&link.token, PASSWORD)).await.unwrap_err();
        assert_eq!(used.code(), "wrong_password_link");
    }
}
