//! Tests of signals.

use gathering_app::{
    pipelines::Source,
    runs::{Runnable, SendSignal},
};
use gathering_engine::AwaitRequest;
use gathering_storage::InboxMessage;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::start::start;
use crate::support::{Bench, echo};

each_database! {
    async fn a_signal_arrives_under_the_key_that_waits_for_its_name(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let id = runs.start(owner, command).await.unwrap().run.id;
        bench.claim().await;
        let send = |name: &str| SendSignal { name: name.to_owned(), payload: json!({ "ok": true }) };
        assert_eq!(runs.signal(owner, id, send("paid")).await.unwrap_err().code(), "not_awaited");
        bench.awaits(id, "node:wait", AwaitRequest::Signal { name: "paid".to_owned() }).await;
        assert_eq!(runs.signal(owner, id, send("sent")).await.unwrap_err().code(), "not_awaited");
        runs.signal(owner, id, send("paid")).await.unwrap();
        let inbox = bench.loaded(id).await.inbox;
        let InboxMessage::Signal(signal) = &inbox[0].message else { panic!("{inbox:?}") };
        assert_eq!((signal.key.as_str(), signal.payload.as_ref()), ("node:wait", &json!({ "ok": true })));
        // The same again is the same answer; what else is said would be dropped, and is refused.
        runs.signal(owner, id, send("paid")).await.unwrap();
        let other = || SendSignal { name: "paid".to_owned(), payload: json!({ "ok": false }) };
        assert_eq!(runs.signal(owner, id, other()).await.unwrap_err().code(), "already_decided");
        assert_eq!(bench.loaded(id).await.inbox.len(), 1);
        bench.take_in(id).await;
        assert_eq!(bench.loaded(id).await.inbox.len(), 0);
        runs.signal(owner, id, send("paid")).await.unwrap();
        assert_eq!(runs.signal(owner, id, other()).await.unwrap_err().code(), "not_awaited");
        assert_eq!(bench.loaded(id).await.inbox.len(), 0);
        bench.drive(id).await;
        runs.signal(owner, id, send("paid")).await.unwrap();
        assert_eq!(runs.signal(owner, id, other()).await.unwrap_err().code(), "run_ended");
    }
}
