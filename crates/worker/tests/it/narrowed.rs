//! HTTP actions are held to their project's list of hosts.

use std::sync::Arc;

use gathering_app::ProjectHosts;
use gathering_domain::{Actor, Clock, Duration, EffectId, EffectKind, ProjectId, RunId, Timestamp};
use gathering_engine::{Effect, EffectOrder, Key, Lineage, Payload, RetryPolicy};
use gathering_storage::{Database, DatabaseOptions, Storage, Unit, projects};
use gathering_testkit::{ManualClock, temp_dir};
use gathering_worker::{Attempted, BreakerPolicy, Breakers, RunContext, http_performer};
use serde_json::json;
use uuid::Uuid;

use crate::target::Target;

#[tokio::test]
async fn actions_and_their_questions_go_to_listed_hosts_alone() {
    let (folder, target) = (temp_dir(), Target::start(&[]).await);
    let database = Database::open(DatabaseOptions::sqlite(folder.path())).await.unwrap();
    let storage = Storage::open(database).await.unwrap();
    let project_id = ProjectId::from_uuid(Uuid::from_u128(1));
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let hosts = ProjectHosts::new(storage.database(), &clock);
    let breakers = Breakers::new(clock, BreakerPolicy::default());
    let http = http_performer(&target.egress(), &breakers, Some(&hosts));
    let insert = projects::insert(project_id, "p", Timestamp::from_micros(1));
    storage.database().apply(Unit::new().with(insert.into())).await.unwrap();

    let url = format!("http://{}/orders", target.address);
    let order = EffectOrder {
        effect: Effect {
            key: Key::new("order"),
            performer: "http",
            input: Payload::new(json!({
                "method": "POST", "url": url, "headers": {}, "body": null,
                "idempotency_header": "Idempotency-Key", "reconcile": { "url": url },
            })),
            kind: EffectKind::Reconcilable,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(10),
            reserve: None,
        },
        attempt: 1,
        effect_id: EffectId::from_uuid(Uuid::from_u128(2)),
        lineage: Lineage::default(),
    };
    let run_id = RunId::from_uuid(Uuid::from_u128(3));
    let actor = Actor::LocalOwner;
    let run = RunContext {
        run_id,
        root_run_id: run_id,
        project_id,
        actor,
        api_key_id: None,
        priority: 0,
    };
    for (listed, allowed) in [
        (None, true),
        (Some(vec![target.address.to_string()]), true),
        (Some(vec!["127.0.0.1:1".to_owned(), "*.example.com".to_owned()]), false),
        (Some(Vec::new()), false),
    ] {
        let set = projects::update(project_id, "p", listed.as_deref(), Timestamp::from_micros(1));
        storage.database().apply(Unit::new().with(set.into())).await.unwrap();
        hosts.forget(project_id);
        let before = target.book.lock().unwrap().arrived.len();
        let Attempted::Ended { result, .. } =
            http.perform(order.clone(), Arc::new(run.clone())).await
        else {
            panic!("nothing postpones it")
        };
        let asked = http.reconcile(order.clone(), Arc::new(run.clone())).await;
        let arrived = target.book.lock().unwrap().arrived.len() - before;
        assert_eq!(
            (result.is_ok(), asked.is_ok(), arrived),
            (allowed, allowed, usize::from(allowed))
        );
        for failure in [result.err(), asked.err()].into_iter().flatten() {
            assert_eq!(failure.code, "egress_blocked");
            assert!(failure.message.contains("the project's list of hosts"), "{}", failure.message);
        }
    }
}
