//! Tests of threads.

use gathering_app::{
    PageRequest,
    approvals::ApprovalFilter,
    events::{Delivery, EventFilter},
    pipelines::Source,
    runs::{RunFilter, Runnable},
    threads::{BusyPolicy, PostMessage, Thread},
};
use gathering_domain::{Failure, Role, RunId, RunStatus, Waiting};
use gathering_engine::{AwaitRequest, LedgerState, Outcome};
use gathering_storage::RunChange;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    approvals::OPEN,
    runs::start::start,
    support::{Bench, agent, echo},
};

fn say(text: &str) -> PostMessage {
    PostMessage { text: text.to_owned(), busy: None, idempotency_key: None }
}

async fn thread(bench: &Bench) -> Thread {
    let helper = bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
    bench.app.threads().open(&bench.owner, helper.id, "Chat", None).await.unwrap()
}

/// What the turn's machine reads.
async fn input(bench: &Bench, run: RunId) -> serde_json::Value {
    let journal = bench.loaded(run).await.entries;
    let journal = bench.app.definitions().with_turn(journal).await.unwrap();
    match &journal[0].body {
        gathering_engine::EntryBody::RunStarted(started) => started.input.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

each_database! {
    async fn a_message_is_answered_by_a_turn_that_knows_the_thread(place: Place) {
        let bench = Bench::open(place).await;
        let threads = bench.app.threads();
        let thread = thread(&bench).await;
        let first = threads.post(&bench.owner, thread.id, say("Hello")).await.unwrap();
        assert_eq!((first.status, first.reply.as_ref()), (RunStatus::Queued, None));
        assert_eq!(bench.claim().await, [first.run_id]);
        bench.finish(first.run_id, Outcome::succeeded(json!("Hi!"))).await;
        let second = threads.post(&bench.owner, thread.id, say("And now?")).await.unwrap();

        let stored = bench.started(second.run_id).await.input;
        assert_eq!(stored["task"], "And now?");
        assert!(!stored.to_string().contains("Hello"), "{stored}");
        let read = input(&bench, second.run_id).await;
        assert_eq!(read["task"], "And now?");
        let said: Vec<_> = read["thread"].as_array().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 2);
        assert!(said[0].contains("Hello") && said[1].contains("Hi!"), "{said:?}");

        let listed = threads.messages(&bench.owner, thread.id, PageRequest::default()).await.unwrap();
        let texts: Vec<_> = listed.items.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["And now?", "Hello"]);
        assert_eq!(listed.items[1].reply.as_deref(), Some(&json!("Hi!")));
    }

    async fn a_message_stays_where_the_store_failed_to_say_what_became_of_its_run(place: Place) {
        let mut bench = Bench::open(place).await;
        let thread = thread(&bench).await;
        bench.stop_writing().await;
        let refused = bench.app.threads().post(&bench.owner, thread.id, say("Hello")).await;
        assert_eq!(refused.unwrap_err().code(), "internal");
        // Its run, should it come to be, is its owner's alone because the message says so. Each message is
        // written once more here, which fails where there is one.
        let again = "INSERT INTO messages SELECT * FROM messages";
        assert!(bench.storage.database().script(again).await.is_err(), "the message has gone");
    }

    async fn turns_of_a_thread_go_one_after_the_other(place: Place) {
        let bench = Bench::with_room(place, 10).await;
        let threads = bench.app.threads();
        let thread = thread(&bench).await;
        let first = threads.post(&bench.owner, thread.id, say("one")).await.unwrap();
        let second = threads.post(&bench.owner, thread.id, say("two")).await.unwrap();
        assert!(bench.room.handed.lock().unwrap().is_empty());
        assert_eq!(bench.claim().await, [first.run_id]);
        assert!(bench.claim().await.is_empty());
        bench.finish(first.run_id, Outcome::failed(Failure::fatal("x", "no luck"))).await;
        assert_eq!(bench.claim().await, [second.run_id]);
        let read = input(&bench, second.run_id).await;
        assert!(read["thread"].to_string().contains("no luck"), "{read}");
    }

    async fn a_retried_turn_answers_its_message(place: Place) {
        let bench = Bench::open(place).await;
        let (threads, owner) = (bench.app.threads(), &bench.owner);
        let thread = thread(&bench).await;
        let first = threads.post(owner, thread.id, say("one")).await.unwrap();
        let second = threads.post(owner, thread.id, say("two")).await.unwrap();
        bench.claim().await;
        bench.finish(first.run_id, Outcome::failed(Failure::fatal("x", "no luck"))).await;
        bench.claim().await;
        bench.finish(second.run_id, Outcome::succeeded(json!("2"))).await;
        bench.pass(gathering_domain::Duration::from_secs(1));
        let retried = bench.app.runs().retry(owner, first.run_id, None).await.unwrap().run.id;
        let reject = PostMessage { busy: Some(BusyPolicy::Reject), ..say("three") };
        let refused = threads.post(owner, thread.id, reject).await.unwrap_err();
        assert_eq!(refused.code(), "thread_busy");
        assert_eq!(bench.claim().await, [retried]);
        bench.finish(retried, Outcome::succeeded(json!("1"))).await;

        let listed = threads.messages(owner, thread.id, PageRequest::default()).await.unwrap();
        let said: Vec<_> = listed.items.iter().map(|said| (said.run_id, said.reply.clone())).collect();
        assert_eq!(said[1], (retried, Some(json!("1").into())));
        // A turn reads the same whenever it is folded; later ones read what the retry said.
        assert!(input(&bench, second.run_id).await["thread"].to_string().contains("no luck"));
        bench.pass(gathering_domain::Duration::from_secs(1));
        let third = threads.post(owner, thread.id, say("three")).await.unwrap();
        let read = input(&bench, third.run_id).await["thread"].to_string();
        assert!(!read.contains("no luck"), "{read}");
    }

    async fn a_turn_that_waits_keeps_the_next_one_waiting(place: Place) {
        let bench = Bench::open(place).await;
        let threads = bench.app.threads();
        let thread = thread(&bench).await;
        let first = threads.post(&bench.owner, thread.id, say("one")).await.unwrap();
        let second = threads.post(&bench.owner, thread.id, say("two")).await.unwrap();
        assert_eq!(bench.claim().await, [first.run_id]);
        let parked = RunChange::Parked { waiting: Waiting::Approval, wake_at: None, pokes_seen: 0 };
        bench.append(first.run_id, Vec::new(), parked).await;
        assert!(bench.claim().await.is_empty());
        bench.app.runs().cancel(&bench.owner, first.run_id, "never mind").await.unwrap();
        assert_eq!(bench.claim().await, [first.run_id]);
        bench.finish(first.run_id, Outcome::cancelled("never mind")).await;
        assert_eq!(bench.claim().await, [second.run_id]);
    }

    async fn a_busy_thread_may_refuse_or_interrupt(place: Place) {
        let bench = Bench::open(place).await;
        let threads = bench.app.threads();
        let thread = thread(&bench).await;
        let first = threads.post(&bench.owner, thread.id, say("one")).await.unwrap();
        let reject = PostMessage { busy: Some(BusyPolicy::Reject), ..say("two") };
        let refused = threads.post(&bench.owner, thread.id, reject).await.unwrap_err();
        assert_eq!(refused.code(), "thread_busy");
        let interrupt = PostMessage { busy: Some(BusyPolicy::Interrupt), ..say("three") };
        threads.post(&bench.owner, thread.id, interrupt).await.unwrap();
        assert!(bench.app.runs().get(&bench.owner, first.run_id).await.unwrap().cancel_requested);
        let listed = threads.messages(&bench.owner, thread.id, PageRequest::default()).await.unwrap();
        assert_eq!(listed.items.len(), 2);
    }

    async fn a_message_with_the_same_key_is_said_once(place: Place) {
        let bench = Bench::open(place).await;
        let threads = bench.app.threads();
        let thread = thread(&bench).await;
        let keyed = |text: &str| PostMessage { idempotency_key: Some("k".to_owned()), ..say(text) };
        let owner = &bench.owner;
        let (one, other) = tokio::join!(
            threads.post(owner, thread.id, keyed("one")),
            threads.post(owner, thread.id, keyed("one")),
        );
        assert_eq!(one.unwrap().id, other.unwrap().id);
        let different = threads.post(owner, thread.id, keyed("two")).await.unwrap_err();
        assert_eq!(different.code(), "idempotency_mismatch");
        let listed = threads.messages(owner, thread.id, PageRequest::default()).await.unwrap();
        assert_eq!(listed.items.len(), 1);
    }

    async fn a_thread_is_its_owners_alone(place: Place) {
        let bench = Bench::open(place).await;
        let thread = thread(&bench).await;
        let other = bench.sign_in_as(Role::Owner, "o@example.com").await;
        let threads = bench.app.threads();
        assert_eq!(threads.get(&other, thread.id).await.unwrap_err().code(), "not_found");
        let refused = threads.post(&other, thread.id, say("hi")).await.unwrap_err();
        assert_eq!(refused.code(), "not_found");
        assert!(threads.list(&other, None, PageRequest::default()).await.unwrap().items.is_empty());
        let own = threads.list(&bench.owner, Some(thread.agent_id), PageRequest::default()).await;
        assert_eq!(own.unwrap().items, [thread]);
    }

    async fn runs_that_answer_a_thread_are_its_owners_and_the_operators(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, app) = (bench.app.runs(), &bench.app);
        let mine = bench.sign_in_as(Role::Member, "mine@example.com").await;
        let other = bench.sign_in_as(Role::Member, "other@example.com").await;
        let viewer = bench.sign_in_as(Role::Viewer, "viewer@example.com").await;
        let operator = bench.sign_in_as(Role::Operator, "operator@example.com").await;
        let helper = app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
        let thread = app.threads().open(&mine, helper.id, "Chat", None).await.unwrap();
        // A stream of all runs, from before.
        let mut streams = Vec::new();
        for caller in [&mine, &operator, &other, &viewer] {
            streams.push(app.events().subscribe(caller, None, EventFilter::default()).await.unwrap());
        }
        let run = app.threads().post(&mine, thread.id, say("a secret")).await.unwrap().run_id;
        bench.claim().await;
        let child = bench.child(run, "tool:1").await;
        let request = AwaitRequest::Approval {
            title: "May I?".to_owned(),
            detail: std::sync::Arc::default(),
            form: std::sync::Arc::default(),
            options: Vec::new(),
            deciders: Vec::new(),
            deadline: None,
        };
        let approval = bench.awaits(run, "tool:2", request).await;
        bench.attempt(run, "tool:3", LedgerState::Unknown).await;
        let everything = || RunFilter { children: true, ..RunFilter::default() };
        for (caller, sees) in [(&mine, true), (&operator, true), (&other, false), (&viewer, false)] {
            let page = PageRequest::default;
            for id in [run, child] {
                let looks = [
                    runs.get(caller, id).await.err(),
                    runs.journal(caller, id, page()).await.err(),
                    runs.nodes(caller, id).await.err(),
                    app.approvals().of_run(caller, id).await.err(),
                    app.events().subscribe(caller, None, EventFilter { run_id: Some(id), ..EventFilter::default() }).await.err(),
                ];
                for error in looks {
                    assert_eq!(error.map(|error| error.code()), (!sees).then_some("not_found"));
                }
            }
            let listed = runs.list(caller, everything(), page()).await.unwrap().items.len();
            let unknown = runs.unknown_outcomes(caller, page()).await.unwrap().items.len();
            let open = app.approvals().list(caller, OPEN, page()).await.unwrap();
            let decidable = ApprovalFilter { may_decide: true, ..OPEN };
            let decidable = app.approvals().list(caller, decidable, page()).await.unwrap();
            assert_eq!(decidable.items.len(), usize::from(sees));
            assert_eq!((listed, unknown, open.items.len()), if sees { (2, 1, 1) } else { (0, 0, 0) });
            assert_eq!(app.approvals().get(caller, approval).await.is_ok(), sees);
        }
        for refused in [
            runs.cancel(&other, run, "").await.err(),
            runs.retry(&other, run, None).await.err(),
        ] {
            assert_eq!(refused.unwrap().code(), "not_found");
        }
        // What everybody may see comes behind it in the streams.
        let echo = Runnable::Definition(Source::Json(echo("echo")));
        let last = runs.start(&bench.owner, start(echo, json!({}))).await.unwrap().run.id;
        for (stream, sees) in streams.iter_mut().zip([true, true, false, false]) {
            let mut seen = Vec::new();
            loop {
                let Delivery::Event(event) = stream.next().await.unwrap() else { continue };
                if event.run_id == last {
                    break;
                }
                seen.push(event.run_id);
            }
            assert_eq!(seen.contains(&run) && seen.contains(&child), sees, "{seen:?}");
            assert!(sees || seen.is_empty(), "{seen:?}");
        }
        // A retry answers the same message.
        let thread = app.threads().open(&mine, helper.id, "More", None).await.unwrap();
        let run = app.threads().post(&mine, thread.id, say("once more")).await.unwrap().run_id;
        bench.claim().await;
        bench.finish(run, Outcome::failed(Failure::fatal("x", "no luck"))).await;
        let again = runs.retry(&mine, run, None).await.unwrap().run.id;
        assert!(runs.get(&mine, again).await.is_ok() && runs.get(&operator, again).await.is_ok());
        assert_eq!(runs.get(&other, again).await.unwrap_err().code(), "not_found");
    }
}
