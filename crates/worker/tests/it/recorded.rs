//! What the audit trail has of calls that runs make, those that are cut off among them.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{PageRequest, audit::AuditFilter};
use gathering_domain::{Actor, AuditAction, Duration, EffectId, EffectKind, RunId};
use gathering_engine::{Effect, EffectOrder, Key, Lineage, Payload, RetryPolicy};
use gathering_testkit::{Place, each_database};
use gathering_worker::{Attempted, RunContext};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    desk::Desk,
    target::{Fate, Target},
};

impl Desk {
    /// An attempt of a run of the local owner.
    fn attempt(
        &self,
        performer: &'static str,
        input: Value,
        kind: EffectKind,
    ) -> BoxFuture<'static, Attempted> {
        let effect = Effect {
            key: Key::new("it"),
            performer,
            input: Payload::new(input),
            kind,
            retry: RetryPolicy::NONE,
            timeout: Duration::from_secs(10),
            reserve: None,
        };
        let run_id = RunId::from_uuid(Uuid::from_u128(1));
        let (project_id, actor) = (self.app.project(), Actor::LocalOwner);
        let (root_run_id, api_key_id, priority) = (run_id, None, 0);
        let run = RunContext { run_id, root_run_id, project_id, actor, api_key_id, priority };
        let effect_id = EffectId::from_uuid(Uuid::from_u128(2));
        let order = EffectOrder { effect, attempt: 1, effect_id, lineage: Lineage::default() };
        let performer = Arc::clone(self.performers.find(performer).unwrap());
        performer.perform(order, Arc::new(run))
    }

    /// What the audit trail has of this, the latest first.
    async fn trail(&self, action: AuditAction) -> Vec<Value> {
        let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
        let found = self.app.audit().list(&self.owner, filter, PageRequest::default()).await;
        found.unwrap().items.into_iter().map(|entry| entry.content).collect()
    }
}

each_database! {
    async fn a_call_that_is_cut_off_is_on_record(place: Place) {
        let target = Target::start(&[Fate::Silent, Fate::Silent]).await;
        let desk = Desk::reaching(&place, target.egress()).await;
        let url = format!("http://{}/orders?key=hunter2", target.address);
        let tool = json!({ "tool": "silent", "arguments": { "text": "hunter2" } });
        let http = json!({ "method": "POST", "url": url, "headers": {}, "body": "hunter2" });
        for (action, performer, input) in
            [(AuditAction::ToolCall, "tool", tool), (AuditAction::HttpRequest, "http", http.clone())]
        {
            let doing = desk.attempt(performer, input, EffectKind::Unsafe);
            let begun = crate::node::until("it has begun", || async {
                !desk.trail(action).await.is_empty()
            });
            // Dropped, as where the time is over or the run is cancelled.
            tokio::select! {
                ended = doing => panic!("nobody answers: {ended:?}"),
                () = begun => {}
            }
        }
        let [tool] = &desk.trail(AuditAction::ToolCall).await[..] else { panic!("one call") };
        let [http_call] = &desk.trail(AuditAction::HttpRequest).await[..] else { panic!("one request") };
        let host = format!("http://{}", target.address);
        assert_eq!(tool["target"], json!({ "type": "tool", "name": "silent" }));
        assert_eq!(http_call["target"], json!({ "type": "host", "name": host }));
        for entry in [tool, http_call] {
            assert_eq!((&entry["outcome"], &entry["detail"]["kind"]), (&json!("begun"), &json!("unsafe")));
            assert_eq!(entry["actor"], json!({ "type": "local_owner" }));
            assert!(entry["detail"]["run_id"].is_string() && entry["project_id"].is_string());
            assert!(!entry.to_string().contains("hunter2"), "{entry}");
        }
        // What ends is told again, and what changes nothing never.
        let mut ends = http;
        ends["url"] = format!("http://{}/", target.address).into();
        let doing = desk.attempt("http", ends.clone(), EffectKind::Pure);
        tokio::select! {
            ended = doing => panic!("nobody answers: {ended:?}"),
            () = target.arrived(2) => {}
        }
        assert_eq!(desk.trail(AuditAction::HttpRequest).await.len(), 1);
        desk.attempt("http", ends, EffectKind::Idempotent).await;
        let outcomes: Vec<_> = desk.trail(AuditAction::HttpRequest).await.into_iter()
            .map(|entry| entry["outcome"].clone()).collect();
        assert_eq!(outcomes, ["done", "begun", "begun"]);
        desk.database.close().await;
    }
}
