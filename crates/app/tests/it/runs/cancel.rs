//! Tests of cancelling runs.

use gathering_app::{pipelines::Source, runs::Runnable};
use gathering_engine::Outcome;
use gathering_storage::InboxMessage;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::start::start;
use crate::support::{Bench, echo};

each_database! {
    async fn a_cancel_reaches_the_owner_once(place: Place) {
        let bench = Bench::with_room(place, 1).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let id = runs.start(owner, command).await.unwrap().run.id;
        runs.cancel(owner, id, "enough").await.unwrap();
        runs.cancel(owner, id, "really").await.unwrap();
        let inbox = bench.loaded(id).await.inbox;
        assert_eq!(inbox.len(), 1);
        let wanted = InboxMessage::Cancel { actor: owner.actor(), reason: "enough".to_owned() };
        assert_eq!(inbox[0].message, wanted);
        assert!(runs.get(owner, id).await.unwrap().cancel_requested);
        assert_eq!(bench.room.woken.lock().unwrap()[0], (id, Some(bench.instance)));
    }

    async fn an_ended_run_is_not_cancelled(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = || start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let well = runs.start(owner, command()).await.unwrap().run.id;
        let cancelled = runs.start(owner, command()).await.unwrap().run.id;
        bench.claim().await;
        bench.drive(well).await;
        bench.finish(cancelled, Outcome::cancelled("enough")).await;
        assert_eq!(runs.cancel(owner, well, "").await.unwrap_err().code(), "run_ended");
        runs.cancel(owner, cancelled, "").await.unwrap();
    }
}
