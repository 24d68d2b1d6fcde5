//! What a run may do: what whoever started it may do now, and nothing once they may not sign in.

use std::sync::Arc;

use gathering_domain::{
    Actor, ApiKeyId, Duration, EffectId, EffectKind, Permission, ProjectId, Role, RunId,
};
use gathering_engine::{Effect, EffectOrder, Key, Lineage, Payload, RetryPolicy};
use gathering_testkit::{Place, each_database};
use gathering_worker::{Attempted, RunContext};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::desk::{Desk, HOUR};

/// For whom a run acts.
#[derive(Clone, Copy)]
struct Starter {
    actor: Actor,
    key: Option<ApiKeyId>,
}

/// The codes where nothing is refused: they get as far as that nothing is there, or nothing asked.
const FAR: [&str; 4] = ["not_found", "unknown_tool", "invalid_input", "invalid_input"];

impl From<Actor> for Starter {
    fn from(actor: Actor) -> Self {
        Self { actor, key: None }
    }
}

impl Desk {
    /// The codes with which attempts of all performers fail for a run of theirs.
    async fn all_fail(&self, starter: impl Into<Starter>) -> [String; 4] {
        let starter = starter.into();
        let tool = json!({ "tool": "hammer", "arguments": {} });
        let start = json!({ "pipeline": "no-such", "input": {} });
        [
            self.fails("start_pipeline", start, starter).await,
            self.fails("tool", tool, starter).await,
            self.fails("model", json!({}), starter).await,
            self.fails("http", json!({}), starter).await,
        ]
    }

    /// The code with which an attempt of a run of `actor` fails.
    async fn fails(&self, performer: &'static str, input: Value, starter: Starter) -> String {
        let effect = Effect {
            key: Key::new("it"),
            performer,
            input: Payload::new(input),
            kind: EffectKind::Unsafe,
            retry: RetryPolicy::NONE,
            timeout: Duration::from_secs(10),
            reserve: None,
        };
        let run_id = RunId::from_uuid(Uuid::from_u128(1));
        let project_id: ProjectId = self.app.project();
        let Starter { actor, key: api_key_id } = starter;
        let (root_run_id, priority) = (run_id, 0);
        let run = RunContext { run_id, root_run_id, project_id, actor, api_key_id, priority };
        let effect_id = EffectId::from_uuid(Uuid::from_u128(2));
        let order = EffectOrder { effect, attempt: 1, effect_id, lineage: Lineage::default() };
        let performer = Arc::clone(self.performers.find(performer).unwrap());
        match performer.perform(order, Arc::new(run)).await {
            Attempted::Ended { result: Err(failure), .. } => failure.code,
            other => panic!("nothing here can work: {other:?}"),
        }
    }
}

each_database! {
    async fn a_run_acts_with_the_rights_that_its_starter_has_now(place: Place) {
        let desk = Desk::open(&place).await;
        let [member, viewer] = [desk.user(Role::Member).await, desk.user(Role::Viewer).await];
        let [member, viewer] = [member, viewer].map(|user_id| Actor::User { user_id });
        for actor in [Actor::LocalOwner, Actor::System, member] {
            assert_eq!(desk.all_fail(actor).await, FAR);
        }
        assert_eq!(desk.all_fail(viewer).await, ["forbidden", "unknown_tool", "forbidden", "forbidden"]);
        let Actor::User { user_id } = member else { unreachable!("it is a user") };
        desk.app.users().deactivate(&desk.owner, user_id).await.unwrap();
        assert_eq!(desk.all_fail(member).await, ["unauthenticated"; 4]);
        desk.database.close().await;
    }

    async fn a_run_of_a_key_acts_within_its_scopes_and_until_it_ends(place: Place) {
        let desk = Desk::open(&place).await;
        let user_id = desk.user(Role::Member).await;
        let actor = Actor::User { user_id };
        let of = |key| Starter { actor, key: Some(key) };
        let starts = desk.key(user_id, &[Permission::RunStart]).await;
        let both = desk.key(user_id, &[Permission::RunStart, Permission::ToolInvoke]).await;
        let reads = desk.key(user_id, &[Permission::Read]).await;
        let another = desk.user(Role::Operator).await;
        let theirs = desk.key(another, &[Permission::RunStart]).await;
        assert_eq!(desk.all_fail(of(starts)).await, FAR);
        assert_eq!(desk.all_fail(of(both)).await, FAR);
        let forbidden = ["forbidden", "unknown_tool", "forbidden", "forbidden"];
        assert_eq!(desk.all_fail(of(reads)).await, forbidden);
        // A key bounds what its own user may.
        assert_eq!(desk.all_fail(of(theirs)).await, ["unauthenticated"; 4]);
        let nobody = Starter { actor: Actor::LocalOwner, key: Some(starts) };
        assert_eq!(desk.all_fail(nobody).await, ["unauthenticated"; 4]);

        desk.app.api_keys().revoke(&desk.owner, starts).await.unwrap();
        assert_eq!(desk.all_fail(of(starts)).await, ["unauthenticated"; 4]);
        assert_eq!(desk.all_fail(of(both)).await, FAR, "another key of the same user");
        desk.clock.advance(Duration::from_micros(HOUR.micros() - 1));
        assert_eq!(desk.all_fail(of(both)).await, FAR, "until it ends");
        desk.clock.advance(Duration::from_micros(1));
        assert_eq!(desk.all_fail(of(both)).await, ["unauthenticated"; 4]);
        assert_eq!(desk.all_fail(actor).await, FAR, "what a session started");
        desk.database.close().await;
    }

    async fn who_has_left_a_project_acts_there_no_more(place: Place) {
        let desk = Desk::open(&place).await;
        let user_id = desk.user(Role::Member).await;
        let actor = Actor::User { user_id };
        let key = Some(desk.key(user_id, &[Permission::RunStart]).await);
        let here = desk.app.project();
        desk.app.projects().delete_member(&desk.owner, here, user_id).await.unwrap();
        assert_eq!(desk.all_fail(actor).await, ["unauthenticated"; 4]);
        assert_eq!(desk.all_fail(Starter { actor, key }).await, ["unauthenticated"; 4]);
        desk.database.close().await;
    }
}
