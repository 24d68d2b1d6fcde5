//! Tests of what comes of the events in a person's thread: it is theirs, as the thread is.

use gathering_app::{
    Caller, Error, PageRequest,
    events::{Delivery, Envelope, EventFilter, Follows as _},
    identity::{CreateKey, UpdateUser},
    pipelines::Source,
    projects::PutMember,
    runs::{RunFilter, Runnable, StartRun, Trigger},
    threads::PostMessage,
    triggers::Triggering,
    webhooks::{ActsFor, DeliveryOrder, WebhookFollower, WebhookSpec},
};
use gathering_domain::{Actor, AgentId, Clock as _, Failure, Permission, PipelineId, Role, RunId};
use gathering_engine::{Limits, Outcome};
use gathering_testkit::{Place, each_database};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{
    support::{Bench, agent, echo},
    triggers::trigger_of,
};

/// An event of a run, after all triggers that there are.
fn event(bench: &Bench, number: i64, run_id: RunId) -> Envelope {
    Envelope {
        position: Some(1_000_000 + number),
        id: format!("evt_{number}"),
        event_type: "event.emitted".to_owned(),
        subject: "chat.said".to_owned(),
        at: bench.clock.now(),
        project_id: bench.owner.project(),
        run_id,
        data: json!({ "payload": { "text": "a secret" } }),
    }
}

async fn follow(bench: &Bench, event: &Envelope) {
    let events = std::slice::from_ref(event);
    WebhookFollower::new(&bench.app).act(events).await.unwrap();
    Triggering::new(&bench.app).act(events).await.unwrap();
}

/// The run that answers a message of the caller.
async fn said(bench: &Bench, caller: &Caller) -> RunId {
    let helper = bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
    says(bench, caller, helper.id).await
}

/// The run that answers a message in a new thread.
async fn says(bench: &Bench, caller: &Caller, agent_id: AgentId) -> RunId {
    let thread = bench.app.threads().open(caller, agent_id, "Chat", None).await.unwrap();
    let message = PostMessage { text: "Hi.".to_owned(), busy: None, idempotency_key: None };
    bench.app.threads().post(caller, thread.id, message).await.unwrap().run_id
}

async fn pipeline(bench: &Bench) -> PipelineId {
    let source = Source::Json(echo("echo"));
    bench.app.pipelines().create(&bench.owner, source, None).await.unwrap().id
}

fn webhook() -> WebhookSpec {
    WebhookSpec {
        url: "https://example.com/events".to_owned(),
        description: String::new(),
        events: vec!["*".to_owned()],
        filter: None,
        channel: None,
        enabled: true,
    }
}

each_database! {
    async fn what_comes_of_an_event_in_a_thread_is_its_persons_alone(place: Place) {
        let bench = Bench::open(place).await;
        let (app, owner, page) = (&bench.app, &bench.owner, PageRequest::default);
        let mine = bench.sign_in_as(Role::Member, "mine@example.com").await;
        let other = bench.sign_in_as(Role::Member, "other@example.com").await;
        let viewer = bench.sign_in_as(Role::Viewer, "viewer@example.com").await;
        let operator = bench.sign_in_as(Role::Operator, "operator@example.com").await;
        let webhook = app.webhooks().create(owner, webhook(), None).await.unwrap().webhook.id;
        let spec = trigger_of(pipeline(&bench).await, "chat.*");
        let trigger = app.triggers().create(owner, spec, None).await.unwrap().id;
        let run = said(&bench, &mine).await;
        follow(&bench, &event(&bench, 1, run)).await;

        let delivery = app.webhooks().deliveries(owner, webhook, page()).await.unwrap().items.remove(0);
        let sending = delivery.run_id.unwrap();
        let fired = app.triggers().firings(owner, trigger, page()).await.unwrap().items.remove(0);
        let started = fired.run_id.unwrap();
        while !bench.claim().await.contains(&sending) {}
        bench.finish(sending, Outcome::failed(Failure::fatal("http_status", "404"))).await;
        let again = app.runs().retry(owner, sending, None).await.unwrap().run.id;
        let child = bench.child(started, "tool:1").await;
        // What the started run does is sent as well.
        follow(&bench, &event(&bench, 2, started)).await;

        let everything =
            || RunFilter { children: true, deliveries: true, ..RunFilter::default() };
        let sent = app.webhooks().deliveries(owner, webhook, page()).await.unwrap().items;
        let all = app.runs().list(owner, everything(), page()).await.unwrap().items;
        assert_eq!((sent.len(), all.len()), (2, 6));
        for (caller, sees) in [(&mine, true), (&operator, true), (&other, false), (&viewer, false)] {
            let sent = sent.iter().map(|delivery| delivery.run_id.unwrap());
            for id in sent.chain([started, child, again]) {
                let looks = [
                    app.runs().get(caller, id).await.err(),
                    app.runs().journal(caller, id, page()).await.err(),
                ];
                for error in looks {
                    let code = error.map(|error| error.code());
                    assert_eq!(code, (!sees).then_some("not_found"), "{id}");
                }
            }
            let listed = app.runs().list(caller, everything(), page()).await.unwrap().items.len();
            let sent = app.webhooks().deliveries(caller, webhook, page()).await.unwrap().items.len();
            let fired = app.triggers().firings(caller, trigger, page()).await.unwrap().items.len();
            assert_eq!((listed, sent, fired), if sees { (6, 2, 1) } else { (0, 0, 0) });
        }
        // Sent again because a person asks, it stays so.
        let order = DeliveryOrder { webhook_id: webhook, delivery_id: delivery.id };
        let project_id = owner.project();
        let by = ActsFor { actor: owner.actor(), api_key_id: None, project_id };
        app.webhooks().attempt(&by, (order, sending), &json!({}), true).await.unwrap();
        bench.claim().await;
        let sent = app.webhooks().redeliver(owner, webhook, delivery.id).await.unwrap().run_id.unwrap();
        assert!(app.runs().get(&mine, sent).await.is_ok());
        assert_eq!(app.runs().get(&viewer, sent).await.unwrap_err().code(), "not_found");
        // Once old runs are gone, nobody can say any more whose they were.
        bench.storage.database().script("DELETE FROM runs").await.unwrap();
        for (caller, sees) in [(owner, (2, 1)), (&viewer, (0, 0))] {
            let sent = app.webhooks().deliveries(caller, webhook, page()).await.unwrap().items.len();
            let fired = app.triggers().firings(caller, trigger, page()).await.unwrap().items.len();
            assert_eq!((sent, fired), sees);
        }
    }

    async fn what_was_read_for_somebody_who_saw_more_is_not_shown_any_more(place: Place) {
        let bench = Bench::open(place).await;
        let app = &bench.app;
        let operator = bench.sign_in_as(Role::Operator, "o@example.com").await;
        let Actor::User { user_id } = operator.actor() else { panic!("{operator:?}") };
        let member = PutMember { project_id: operator.project(), user_id, role: Role::Member };
        app.projects().put_member(&bench.owner, member).await.unwrap();
        let key = CreateKey {
            name: "watch".to_owned(),
            project_id: None,
            scopes: vec![Permission::Read, Permission::SystemRead],
            expires_at: None,
        };
        let key = app.api_keys().create(&operator, key).await.unwrap();
        let caller = app.identity().authenticate(key.token.expose_secret(), None).await.unwrap();
        let mut live = app.events().subscribe(&caller, Some(0), EventFilter::default()).await.unwrap();
        let helper = app.agents().create(&bench.owner, agent("helper"), None).await.unwrap().id;
        let said = [says(&bench, &bench.owner, helper).await, says(&bench, &bench.owner, helper).await];
        let start = StartRun {
            what: Runnable::Definition(Source::Json(echo("echo"))),
            input: json!({ "n": 1 }),
            trigger: Trigger::Manual,
            idempotency_key: None,
            model: None,
            limits: Limits::default(),
            priority: None,
        };
        let open = app.runs().start(&bench.owner, start).await.unwrap().run.id;
        let Delivery::Event(first) = live.next().await.unwrap() else { panic!("no event") };
        assert_eq!(first.run_id, said[0], "whoever runs the server sees all");
        // What follows has been read with it.
        let demoted = UpdateUser { role: Some(Role::Member), ..UpdateUser::default() };
        let version = app.users().get(&bench.owner, user_id).await.unwrap().version;
        let mut rights = bench.storage.database().listen("gathering_rights").await.unwrap();
        app.users().update(&bench.owner, user_id, demoted, version).await.unwrap();
        rights.recv().await.unwrap();
        let Delivery::Event(next) = live.next().await.unwrap() else { panic!("no event") };
        assert_eq!(next.run_id, open, "{next:?}");
    }

    async fn nothing_is_asked_or_kept_of_what_somebody_may_not_see(place: Place) {
        let bench = Bench::open(place).await;
        let (app, owner, page) = (&bench.app, &bench.owner, PageRequest::default);
        let mine = bench.sign_in_as(Role::Member, "mine@example.com").await;
        let other = bench.sign_in_as(Role::Operator, "other@example.com").await;
        let member = bench.sign_in_as(Role::Member, "member@example.com").await;
        let echo = pipeline(&bench).await;
        let mut triggers = Vec::new();
        for (caller, name) in [(&mine, "mine"), (&member, "member"), (&other, "other")] {
            let mut spec = trigger_of(echo, "*");
            spec.name = name.to_owned();
            // It fails, on whatever it is asked.
            spec.rules.filter = Some("event.data.payload.text > 1".to_owned());
            triggers.push(app.triggers().create(caller, spec, None).await.unwrap().id);
        }
        let webhook = app.webhooks().create(&other, webhook(), None).await.unwrap().webhook.id;
        // Nobody acts for these any more.
        let Actor::User { user_id } = other.actor() else { panic!("a person") };
        app.users().deactivate(owner, user_id).await.unwrap();
        let run = said(&bench, &mine).await;
        let event = event(&bench, 1, run);
        follow(&bench, &event).await;
        let given_up = Envelope { position: Some(2_000_000), ..event };
        let why = Error::not_found("run", run);
        Triggering::new(app).give_up(&given_up, &why).await.unwrap();
        for (trigger, kept) in triggers.into_iter().zip([2, 0, 0]) {
            let fired = app.triggers().firings(owner, trigger, page()).await.unwrap().items;
            let counted = app.triggers().get(owner, trigger).await.unwrap().counts;
            assert_eq!((fired.len(), counted.failed), (kept, kept as u64));
        }
        let sent = app.webhooks().deliveries(owner, webhook, page()).await.unwrap().items;
        assert!(sent.is_empty(), "{sent:?}");
        assert_eq!(app.webhooks().get(owner, webhook).await.unwrap().failures, 0);
    }
}
