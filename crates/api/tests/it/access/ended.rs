//! Sessions and keys that were good and are so no more, each for a reason of its own.

use gathering_app::{Caller, identity::UpdateUser};
use gathering_domain::{Duration, Permission, Role, UserId};

use super::world::World;

const DAY: Duration = Duration::from_secs(24 * 3600);

impl World {
    /// Whether somebody comes in by it.
    async fn alive(&self, token: &str) -> bool {
        self.bench.app.identity().authenticate(token, None).await.is_ok()
    }

    async fn caller(&self, token: &str) -> Caller {
        self.bench.app.identity().authenticate(token, None).await.unwrap()
    }

    async fn change(&self, id: UserId, role: Option<Role>, active: Option<bool>) {
        let change = UpdateUser { name: None, role, active };
        self.bench.app.users().update(&self.bench.owner, id, change, 1).await.unwrap();
    }

    /// One token for each way in which a session or a key ends. All were good before.
    pub(crate) async fn ended(&self) -> Vec<(&'static str, String)> {
        let (app, owner) = (&self.bench.app, &self.bench.owner);
        let scopes = Permission::ALL;
        let person = || self.person(Role::Owner, &[]);
        let (idle, longest, expired) = (person().await, person().await, person().await);
        let longest = self.session(longest).await.1;
        let expired = self.key(expired, self.one, scopes).await.1;
        for token in [&longest, &expired] {
            assert!(self.alive(token).await);
        }
        // Used every six days, neither the session nor the key lasts longer than it may; and one that is
        // not used for ten does not last as long.
        let pass = |days: u64| self.bench.pass(Duration::from_micros(days * DAY.micros()));
        for _ in 0..3 {
            pass(6);
            assert!(self.alive(&longest).await && self.alive(&expired).await);
        }
        pass(2);
        let idle = self.session(idle).await.1;
        assert!(self.alive(&idle).await);
        pass(4);
        assert!(self.alive(&longest).await && self.alive(&expired).await);
        pass(6);

        let signed_out = self.session(person().await).await.1;
        let by = self.caller(&signed_out).await;
        app.identity().sign_out(&by).await.unwrap();

        let user = person().await;
        let (revoked_id, revoked) = self.session(user).await;
        let (_, ended_by_owner) = self.session(user).await;
        let by = self.caller(&revoked).await;
        assert!(self.alive(&ended_by_owner).await);
        app.sessions().revoke(&by, revoked_id).await.unwrap();
        app.sessions().revoke_all_of(owner, user).await.unwrap();

        let user = person().await;
        let deactivated = self.session(user).await.1;
        let key_of_deactivated = self.key(user, self.one, scopes).await.1;
        assert!(self.alive(&deactivated).await && self.alive(&key_of_deactivated).await);
        self.change(user, None, Some(false)).await;

        let user = person().await;
        let demoted = self.session(user).await.1;
        assert!(self.alive(&demoted).await);
        self.change(user, Some(Role::Operator), None).await;

        let (key_id, revoked_key) = self.key(person().await, self.one, scopes).await;
        assert!(self.alive(&revoked_key).await);
        app.api_keys().revoke(owner, key_id).await.unwrap();

        let user = self.person(Role::Member, &[(self.one, Role::Member)]).await;
        let key_of_leaver = self.key(user, self.one, scopes).await.1;
        assert!(self.alive(&key_of_leaver).await);
        app.projects().delete_member(owner, self.one, user).await.unwrap();

        let closed = app.projects().create(owner, "Over", None).await.unwrap().id;
        let key_of_closed = self.key(person().await, closed, scopes).await.1;
        assert!(self.alive(&key_of_closed).await);
        app.projects().close(owner, closed).await.unwrap();

        vec![
            ("a session that was not used", idle),
            ("a session that lasted as long as it may", longest),
            ("a session that was signed out", signed_out),
            ("a session that its user ended", revoked),
            ("a session that an owner ended", ended_by_owner),
            ("a session of a deactivated user", deactivated),
            ("a session of a user with another role", demoted),
            ("a key that has expired", expired),
            ("a key that was revoked", revoked_key),
            ("a key of a deactivated user", key_of_deactivated),
            ("a key of a user who left the project", key_of_leaver),
            ("a key for a closed project", key_of_closed),
        ]
    }
}
