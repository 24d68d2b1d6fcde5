//! Tests of webhooks: what is sent where, what an answer means, and when it is enough.

use std::sync::Arc;

use gathering_app::{
    App, Caller, Error, PageRequest, Posted,
    channels::{ChannelConfig, ChannelSpec, Notice, SecretChange},
    events::{Envelope, EventFilter, Follows as _},
    pipelines::Source,
    runs::{RunFilter, Runnable, SendSignal, Settle, Verdict},
    secrets::{Rotation, SecretKey, Vault},
    signatures::{Signed, SigningKey, verify},
    webhooks::{
        ActsFor, Delivered, Delivery, DeliveryOrder, DeliveryStatus, Disabled, LONGEST_FAILURE,
        MOST_FAILURES, NoticeOrder, Tried, WebhookFollower, WebhookSpec,
    },
};
use gathering_database::{Sql, params};
use gathering_domain::{
    Advice, AuditAction, Clock as _, DeliveryId, Duration, EffectId, EffectKind, Failure, MicroUsd,
    Role, RunId, RunStatus, Timestamp, WebhookId,
};
use gathering_engine::{Key, Outcome};
use gathering_storage::{
    Unit,
    deliveries::{self as stored, NewDelivery},
    webhooks as rows,
};
use gathering_testkit::{Place, each_database};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    runs::start::start,
    support::{Bench, Counting, echo},
};

const HOUR: Duration = Duration::from_secs(3600);

fn spec(events: &[&str]) -> WebhookSpec {
    WebhookSpec {
        url: "https://example.com/events".to_owned(),
        description: "Orders".to_owned(),
        events: events.iter().map(ToString::to_string).collect(),
        filter: None,
        channel: None,
        enabled: true,
    }
}

async fn webhook(bench: &Bench, spec: WebhookSpec) -> (WebhookId, SecretString) {
    let made = bench.app.webhooks().create(&bench.owner, spec, None).await.unwrap();
    (made.webhook.id, made.secret.unwrap())
}

/// An emitted event of a run.
fn event(bench: &Bench, position: i64, run_id: RunId, subject: &str, data: &Value) -> Envelope {
    Envelope {
        position: Some(position),
        id: format!("evt_{position}"),
        event_type: "event.emitted".to_owned(),
        subject: subject.to_owned(),
        at: bench.clock.now(),
        project_id: bench.owner.project(),
        run_id,
        data: json!({ "payload": data }),
    }
}

async fn follow(bench: &Bench, events: &[Envelope]) {
    WebhookFollower::new(&bench.app).act(events).await.unwrap();
}

async fn deliveries(app: &App, caller: &Caller, id: WebhookId) -> Vec<Delivery> {
    app.webhooks().deliveries(caller, id, PageRequest::default()).await.unwrap().items
}

/// One attempt at a delivery, which the receiver answers so.
/// The runs that a list shows.
async fn runs_of(bench: &Bench, filter: RunFilter) -> Vec<RunId> {
    let listed = bench.app.runs().list(&bench.owner, filter, PageRequest::default()).await.unwrap();
    listed.items.iter().map(|run| run.id).collect()
}

async fn attempt(bench: &Bench, of: &Delivery, status: u16, last: bool) -> Tried {
    let text = "hello".to_owned();
    let retry_after = (status == 429).then(|| Duration::from_secs(9));
    let answer = Ok(Posted { status, text, retry_after });
    bench.courier.answers.lock().unwrap().push_back(answer);
    let order = DeliveryOrder { webhook_id: of.webhook_id, delivery_id: of.id };
    let of = (order, of.run_id.unwrap());
    let by = acts_for(&bench.owner);
    bench.app.webhooks().attempt(&by, of, &json!({ "n": 1 }), last).await.unwrap()
}

fn acts_for(caller: &Caller) -> ActsFor {
    let (actor, api_key_id) = (caller.actor(), caller.api_key());
    ActsFor { actor, api_key_id, project_id: caller.project() }
}

/// A delivery of its own, which fails.
async fn fail_one(bench: &Bench, id: WebhookId, status: u16) -> Option<Delivered> {
    let delivery = bench.app.webhooks().test(&bench.owner, id).await.unwrap();
    match attempt(bench, &delivery, status, true).await {
        Tried::Ended(delivered) => Some(delivered),
        Tried::Again(_) => None,
    }
}

async fn some_run(bench: &Bench) -> RunId {
    let what = Runnable::Definition(Source::Json(echo("echo")));
    bench.app.runs().start(&bench.owner, start(what, json!({ "n": 1 }))).await.unwrap().run.id
}

each_database! {
    async fn each_event_goes_once_to_each_webhook_that_wants_it(place: Place) {
        let bench = Bench::open(place).await;
        let run = some_run(&bench).await;
        let (orders, _) = webhook(&bench, spec(&["orders.*"])).await;
        let filter = Some("event.data.payload.total > 100".to_owned());
        let (large, _) = webhook(&bench, WebhookSpec { filter, ..spec(&["orders.paid"]) }).await;
        let (off, _) = webhook(&bench, WebhookSpec { enabled: false, ..spec(&["*"]) }).await;
        assert!(WebhookFollower::new(&bench.app).wanted().await.unwrap());
        let events = [
            event(&bench, 1, run, "orders.paid", &json!({ "total": 7 })),
            event(&bench, 2, run, "orders.paid", &json!({ "total": 700 })),
            event(&bench, 3, run, "orders.paid", &json!("no total at all")),
            event(&bench, 4, run, "stock.low", &json!({ "total": 700 })),
        ];
        // Read again, after a crash or on another instance.
        follow(&bench, &events).await;
        follow(&bench, &events[1..]).await;
        let of = |listed: Vec<Delivery>| listed.into_iter().map(|d| d.event_id).collect::<Vec<_>>();
        let found = deliveries(&bench.app, &bench.owner, orders).await;
        assert!(found.iter().all(|d| d.run_id.is_some() && d.status == DeliveryStatus::Pending));
        let mut found = of(found);
        found.sort();
        assert_eq!(found, ["evt_1", "evt_2", "evt_3"]);
        assert_eq!(of(deliveries(&bench.app, &bench.owner, large).await), ["evt_2"]);
        assert!(deliveries(&bench.app, &bench.owner, off).await.is_empty());
        let with_deliveries = RunFilter { deliveries: true, ..RunFilter::default() };
        assert_eq!(runs_of(&bench, with_deliveries).await.len(), 5);
        assert_eq!(runs_of(&bench, RunFilter::default()).await, [run]);
        let now = bench.clock.now() + Duration::from_secs(1);
        let counted = bench.app.runs().usage(&bench.owner, Timestamp::default(), now).await.unwrap();
        assert_eq!(counted.runs, [(RunStatus::Queued, 1)]);
    }

    async fn many_webhooks_are_told_at_once_and_each_in_order(place: Place) {
        let bench = Bench::open(place).await;
        let run = some_run(&bench).await;
        let mut webhooks = Vec::new();
        for _ in 0..20 {
            webhooks.push(webhook(&bench, spec(&["orders.*"])).await.0);
        }
        let events: Vec<_> =
            (1..=5).map(|n| event(&bench, n, run, "orders.paid", &json!(n))).collect();
        follow(&bench, &events).await;
        for id in webhooks {
            let mut found = deliveries(&bench.app, &bench.owner, id).await;
            found.sort_by_key(|delivery| delivery.run_id);
            let order: Vec<_> = found.iter().map(|delivery| delivery.event_id.as_str()).collect();
            assert_eq!(order, ["evt_1", "evt_2", "evt_3", "evt_4", "evt_5"]);
        }
    }

    async fn what_deliveries_do_is_told_to_no_webhook(place: Place) {
        let bench = Bench::open(place).await;
        let (all, _) = webhook(&bench, spec(&["*"])).await;
        let run = some_run(&bench).await;
        follow(&bench, &[event(&bench, 1, run, "orders.paid", &json!(1))]).await;
        let delivery = deliveries(&bench.app, &bench.owner, all).await.remove(0);
        let of_delivery = event(&bench, 2, delivery.run_id.unwrap(), "webhook.disabled", &json!(1));
        follow(&bench, std::slice::from_ref(&of_delivery)).await;
        // Nor what a retry of one does.
        let run = delivery.run_id.unwrap();
        while !bench.claim().await.contains(&run) {}
        bench.finish(run, Outcome::failed(Failure::fatal("x", "no luck"))).await;
        let retry = bench.app.runs().retry(&bench.owner, run, None).await.unwrap().run.id;
        follow(&bench, &[event(&bench, 3, retry, "webhook.disabled", &json!(1))]).await;
        assert_eq!(deliveries(&bench.app, &bench.owner, all).await.len(), 1);
    }

    async fn a_filter_that_cannot_be_read_stops_its_own_webhook_alone_and_says_so(place: Place) {
        let bench = Bench::open(place).await;
        let run = some_run(&bench).await;
        let project = bench.owner.project();
        let (broken, _) = webhook(&bench, spec(&["orders.*"])).await;
        let (sound, _) = webhook(&bench, spec(&["orders.*"])).await;
        // As a build wrote it that knew more.
        let database = bench.storage.database();
        let mut row = rows::find(project, broken).first(database).await.unwrap().unwrap();
        row.filter = Some("event.data ~~ 1".to_owned());
        database.apply(Unit::new().with(rows::update(project, &row).into())).await.unwrap();
        follow(&bench, &[event(&bench, 1, run, "orders.paid", &json!(1))]).await;
        let sent = deliveries(&bench.app, &bench.owner, sound).await;
        assert_eq!(sent[0].status, DeliveryStatus::Pending);
        let passed = deliveries(&bench.app, &bench.owner, broken).await;
        assert_eq!((passed.len(), passed[0].status, passed[0].run_id), (1, DeliveryStatus::Failed, None));
        assert_eq!(passed[0].error.as_deref(), Some("invalid_expression"));
        let shown = bench.app.webhooks().get(&bench.owner, broken).await.unwrap();
        assert!(shown.filter_error.is_some() && shown.failures == 0, "{shown:?}");
        // What is given up is seen as well.
        let given_up = event(&bench, 2, run, "orders.paid", &json!(1));
        let why = Error::not_found("thing", "x");
        WebhookFollower::new(&bench.app).give_up(&given_up, &why).await.unwrap();
        let passed = deliveries(&bench.app, &bench.owner, sound).await;
        assert!(passed.iter().any(|d| d.event_id == "evt_2" && d.error.as_deref() == Some("not_found")));
        // By those alone that want it.
        for filter in ["event.position > 7", "event.data.payload.n > 7"] {
            let filter = Some(filter.to_owned());
            let (other, _) = webhook(&bench, WebhookSpec { filter, ..spec(&["orders.*"]) }).await;
            WebhookFollower::new(&bench.app).give_up(&given_up, &why).await.unwrap();
            assert_eq!(deliveries(&bench.app, &bench.owner, other).await, []);
        }
    }

    async fn an_event_that_was_passed_over_is_sent_while_it_is_in_the_log(place: Place) {
        let bench = Bench::open(place).await;
        let run = some_run(&bench).await;
        let (id, _) = webhook(&bench, spec(&["*"])).await;
        let mut log = bench.app.events().subscribe(&bench.owner, Some(0), EventFilter::default()).await.unwrap();
        let gathering_app::events::Delivery::Event(first) = log.next().await.unwrap() else { panic!() };
        assert_eq!((first.event_type.as_str(), first.run_id), ("run.started", run));
        let why = Error::not_found("thing", "x");
        let unheard_of = event(&bench, 1 << 40, run, "orders.paid", &json!(1));
        for event in [&first, &unheard_of] {
            WebhookFollower::new(&bench.app).give_up(event, &why).await.unwrap();
        }
        let passed = deliveries(&bench.app, &bench.owner, id).await;
        assert!(passed.iter().all(|d| d.run_id.is_none() && d.status == DeliveryStatus::Failed));
        let of = |event: &Envelope| passed.iter().find(|d| d.event_id == event.id).unwrap().id;
        let webhooks = bench.app.webhooks();
        let (one, other) = tokio::join!(
            webhooks.redeliver(&bench.owner, id, of(&first)),
            webhooks.redeliver(&bench.owner, id, of(&first)),
        );
        let (sent, refused) = if one.is_ok() { (one, other) } else { (other, one) };
        assert_eq!(refused.unwrap_err().code(), "in_use");
        let sent = sent.unwrap();
        assert_eq!((sent.id, sent.status), (of(&first), DeliveryStatus::Pending));
        let begun = bench.started(sent.run_id.unwrap()).await;
        assert_eq!((&begun.input["id"], &begun.input["type"]), (&json!(first.id), &json!("run.started")));
        assert_eq!(begun.input["data"], first.data);
        let gone = webhooks.redeliver(&bench.owner, id, of(&unheard_of)).await.unwrap_err();
        assert!(gone.to_string().contains("event of the delivery"), "{gone}");
    }

    async fn why_a_filter_did_not_hold_is_told_until_it_is_changed(place: Place) {
        let bench = Bench::open(place).await;
        let run = some_run(&bench).await;
        let filter = Some("event.data.payload.total > 100".to_owned());
        let (id, _) = webhook(&bench, WebhookSpec { filter, ..spec(&["*"]) }).await;
        let get = async || bench.app.webhooks().get(&bench.owner, id).await.unwrap();
        follow(&bench, &[event(&bench, 1, run, "orders.paid", &json!({ "total": 7 }))]).await;
        assert_eq!(get().await.filter_error, None);
        follow(&bench, &[event(&bench, 2, run, "orders.paid", &json!("no total"))]).await;
        let shown = get().await;
        assert!(shown.filter_error.as_ref().unwrap().contains("total"), "{shown:?}");
        assert!(deliveries(&bench.app, &bench.owner, id).await.is_empty());
        // What triggers see of an event, filters of webhooks see.
        let filter = Some("event.position == 3 and 'prj_' in event.project_id".to_owned());
        let spec = WebhookSpec { filter, ..shown.spec };
        bench.app.webhooks().update(&bench.owner, id, spec, shown.version).await.unwrap();
        follow(&bench, &[event(&bench, 3, run, "orders.paid", &json!(1))]).await;
        assert_eq!(get().await.filter_error, None);
        assert_eq!(deliveries(&bench.app, &bench.owner, id).await.len(), 1);
    }

    async fn a_repeated_request_makes_no_second_webhook(place: Place) {
        let bench = Bench::open(place).await;
        let make = |app: &App, events: &[&str]| {
            let (app, owner, spec) = (app.clone(), bench.owner.clone(), spec(events));
            async move { app.webhooks().create(&owner, spec, Some("k".to_owned())).await }
        };
        let other = bench.another_app().await;
        let (first, second) = tokio::join!(make(&bench.app, &["*"]), make(&other, &["*"]));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.webhook, second.webhook);
        assert_eq!([&first, &second].iter().filter(|made| made.secret.is_some()).count(), 1);
        let refused = make(&bench.app, &["orders.*"]).await.unwrap_err();
        assert_eq!(refused.code(), "idempotency_mismatch");
        let repeated = make(&other, &["*"]).await.unwrap();
        assert_eq!((repeated.webhook, repeated.secret.is_none()), (first.webhook, true));
        bench.app.webhooks().delete(&bench.owner, second.webhook.id).await.unwrap();
        assert_eq!(make(&bench.app, &["*"]).await.unwrap_err().code(), "not_found");
    }

    async fn whoever_may_not_say_where_events_go_any_more_has_none_sent(place: Place) {
        let bench = Bench::open(place).await;
        let operator = bench.sign_in_as(Role::Operator, "op@example.com").await;
        let url = SecretChange::Set("https://chat.example/x".to_owned().into());
        let config = ChannelConfig::Slack { url };
        let channel = ChannelSpec { name: "ops".to_owned(), config };
        bench.app.channels().create(&bench.owner, channel, None).await.unwrap();
        let told = WebhookSpec { channel: Some("ops".to_owned()), ..spec(&["*"]) };
        let made = bench.app.webhooks().create(&operator, told, None).await.unwrap().webhook;
        let run = some_run(&bench).await;
        let gathering_domain::Actor::User { user_id } = operator.actor() else { panic!() };
        bench.app.users().deactivate(&bench.owner, user_id).await.unwrap();
        for n in 1..=MOST_FAILURES {
            let n = i64::try_from(n).unwrap();
            follow(&bench, &[event(&bench, n, run, "orders.paid", &json!(1))]).await;
        }
        let under_way = deliveries(&bench.app, &bench.owner, made.id).await;
        assert_eq!(under_way.len() as u64, MOST_FAILURES);
        let mut last = None;
        for of in &under_way {
            let shown = bench.app.webhooks().get(&bench.owner, made.id).await.unwrap();
            assert!(shown.spec.enabled, "{shown:?}");
            let order = DeliveryOrder { webhook_id: made.id, delivery_id: of.id };
            let (by, of) = (acts_for(&operator), (order, of.run_id.unwrap()));
            let tried = bench.app.webhooks().attempt(&by, of, &json!(1), false).await.unwrap();
            let Tried::Ended(delivered) = tried else { panic!("{tried:?}") };
            assert_eq!(delivered.error.as_ref().unwrap().code, "unauthenticated");
            last = delivered.disabled;
        }
        assert!(bench.courier.posts.lock().unwrap().is_empty());
        let found = deliveries(&bench.app, &bench.owner, made.id).await;
        assert!(found.iter().all(|of| of.status == DeliveryStatus::Failed), "{found:?}");
        assert_eq!(found[0].error.as_deref(), Some("unauthenticated"));
        let shown = bench.app.webhooks().get(&bench.owner, made.id).await.unwrap();
        assert!(!shown.spec.enabled && shown.disabled_reason.is_some(), "{shown:?}");
        // People are told, though whoever wrote it may tell nobody.
        let NoticeOrder { channel, kind, title, text } = last.unwrap().notice.unwrap();
        let notice = Notice { channel, title, text, data: Value::Null, kind };
        bench.courier.answers.lock().unwrap().push_back(Ok(Posted {
            status: 200,
            text: "ok".to_owned(),
            retry_after: None,
        }));
        let ids = (EffectId::from_uuid(Uuid::from_u128(1)), run);
        let of = (bench.owner.project(), made.id);
        let tell = async || bench.app.webhooks().tell_disabled(of, &notice, ids, HOUR).await;
        assert_eq!(tell().await.unwrap().status, Some(200));
        let spec = WebhookSpec { enabled: true, ..shown.spec };
        bench.app.webhooks().update(&bench.owner, made.id, spec, shown.version).await.unwrap();
        assert_eq!(tell().await.unwrap_err().code, "webhook_enabled");
    }

    async fn a_message_is_signed_anew_at_each_attempt_under_one_id(place: Place) {
        let bench = Bench::open(place).await;
        let (id, secret) = webhook(&bench, spec(&["*"])).await;
        let delivery = bench.app.webhooks().test(&bench.owner, id).await.unwrap();
        assert!(matches!(attempt(&bench, &delivery, 503, false).await, Tried::Again(_)));
        bench.pass(HOUR);
        let rotated = bench.app.webhooks().rotate(&bench.owner, id, HOUR).await.unwrap();
        assert!(matches!(attempt(&bench, &delivery, 204, false).await, Tried::Ended(_)));
        let old = SigningKey::parse(&secret).unwrap();
        let new = SigningKey::parse(&rotated.secret.unwrap()).unwrap();
        let posts = bench.courier.posts.lock().unwrap().clone();
        let judged = |at: usize, key: &SigningKey, now: Timestamp| {
            let post = &posts[at];
            let header = |name: &str| {
                post.headers.iter().find(|(of, _)| *of == name).map(|(_, value)| value.as_str())
            };
            assert_eq!(header("webhook-id"), Some(delivery.id.to_string().as_str()));
            let signed = Signed {
                id: header("webhook-id"),
                timestamp: header("webhook-timestamp"),
                signature: header("webhook-signature"),
                body: &post.body,
            };
            verify(std::slice::from_ref(key), &signed, now).is_ok()
        };
        let now = bench.clock.now();
        assert!(!judged(0, &old, now) && judged(0, &old, Timestamp::from_micros(now.micros() - 3_600_000_000)));
        assert!(judged(1, &old, now) && judged(1, &new, now));
        // The overlap is over.
        bench.pass(HOUR);
        let later = bench.app.webhooks().test(&bench.owner, id).await.unwrap();
        attempt(&bench, &later, 200, false).await;
        let posts = bench.courier.posts.lock().unwrap();
        let signatures = posts[2].headers.iter().find(|(of, _)| *of == "webhook-signature").unwrap();
        assert_eq!(signatures.1.split(' ').count(), 1);
    }

    async fn what_the_receiver_says_decides_what_follows(place: Place) {
        let bench = Bench::open(place).await;
        let (id, _) = webhook(&bench, spec(&["*"])).await;
        for (status, code, again) in [
            (204, None, false),
            (301, Some("http_status"), false),
            (404, Some("http_status"), false),
            (408, Some("server_error"), true),
            (429, Some("rate_limited"), true),
            (500, Some("server_error"), true),
        ] {
            let delivery = bench.app.webhooks().test(&bench.owner, id).await.unwrap();
            let tried = attempt(&bench, &delivery, status, false).await;
            let failure = match tried {
                Tried::Again(failure) => {
                    assert!(again, "{status}");
                    let asked = (status == 429).then(|| Duration::from_secs(9));
                    assert_eq!(failure.advice, Advice::Retry { after: asked });
                    Some(failure)
                }
                Tried::Ended(delivered) => {
                    assert!(!again && delivered.disabled.is_none(), "{status}");
                    delivered.error
                }
            };
            assert_eq!(failure.map(|failure| failure.code).as_deref(), code, "{status}");
            let now = deliveries(&bench.app, &bench.owner, id).await;
            let now = now.into_iter().find(|of| of.id == delivery.id).unwrap();
            let wanted = match (code, again) {
                (None, _) => DeliveryStatus::Delivered,
                (Some(_), true) => DeliveryStatus::Pending,
                (Some(_), false) => DeliveryStatus::Failed,
            };
            assert_eq!((now.status, now.attempts, now.response_status), (wanted, 1, Some(status)));
            assert_eq!(now.error.as_deref(), code);
        }
        // A connection that breaks may have delivered, and is tried again under the same id.
        let delivery = bench.app.webhooks().test(&bench.owner, id).await.unwrap();
        let broken = Failure::unknown("connection_lost", "the connection broke");
        bench.courier.answers.lock().unwrap().push_back(Err(broken));
        let order = DeliveryOrder { webhook_id: id, delivery_id: delivery.id };
        let of = (order, delivery.run_id.unwrap());
        let tried = bench.app.webhooks().attempt(&acts_for(&bench.owner), of, &json!(1), false).await.unwrap();
        let Tried::Again(failure) = tried else { panic!("{tried:?}") };
        assert_eq!(failure.advice, Advice::Retry { after: None });
    }

    async fn a_webhook_is_disabled_after_failures_and_begins_anew_when_it_is_enabled(place: Place) {
        let bench = Bench::open(place).await;
        let url = SecretChange::Set("https://chat.example/x".to_owned().into());
        let config = ChannelConfig::Slack { url };
        let channel = ChannelSpec { name: "ops".to_owned(), config };
        bench.app.channels().create(&bench.owner, channel, None).await.unwrap();
        let channel = Some("ops".to_owned());
        let (id, _) = webhook(&bench, WebhookSpec { channel, ..spec(&["*"]) }).await;
        let run = some_run(&bench).await;
        follow(&bench, &[event(&bench, 1, run, "orders.paid", &json!(1))]).await;
        for failed in 1..MOST_FAILURES {
            let delivered = fail_one(&bench, id, 500).await.unwrap();
            assert_eq!(delivered.disabled, None, "{failed}");
        }
        // One that is taken begins the count anew.
        fail_one(&bench, id, 200).await.unwrap();
        for _ in 1..MOST_FAILURES {
            assert_eq!(fail_one(&bench, id, 500).await.unwrap().disabled, None);
        }
        let disabled = fail_one(&bench, id, 500).await.unwrap().disabled.unwrap();
        let notice = disabled.notice.clone().unwrap();
        assert_eq!((notice.channel.as_str(), notice.kind), ("ops", EffectKind::Unsafe));
        // Whoever asks again, after a crash before the journal had it, is told the same and sends nothing.
        let sent = bench.courier.posts.lock().unwrap().len();
        let last = deliveries(&bench.app, &bench.owner, id).await.into_iter().find(|d| d.status == DeliveryStatus::Failed).unwrap();
        let Tried::Ended(noted) = attempt(&bench, &last, 200, false).await else { panic!() };
        assert_eq!(noted.disabled.unwrap(), Disabled { notice: Some(notice), ..disabled });
        assert_eq!((noted.status, noted.error.unwrap().code.as_str()), (Some(500), "server_error"));
        assert_eq!(bench.courier.posts.lock().unwrap().len(), sent);
        bench.courier.answers.lock().unwrap().clear();
        let shown = bench.app.webhooks().get(&bench.owner, id).await.unwrap();
        assert!(!shown.spec.enabled && shown.disabled_reason.is_some());
        assert!(bench.recorded(&[AuditAction::WebhookDisable]).await);
        // What is under way is not sent any more, and counts no further.
        let pending = deliveries(&bench.app, &bench.owner, id).await.into_iter().find(|d| d.event_id == "evt_1").unwrap();
        let before = bench.courier.posts.lock().unwrap().len();
        let Tried::Ended(refused) = attempt(&bench, &pending, 200, false).await else { panic!() };
        assert_eq!(refused.error.unwrap().code, "webhook_disabled");
        assert_eq!(bench.courier.posts.lock().unwrap().len(), before);
        bench.courier.answers.lock().unwrap().clear();
        let spec = WebhookSpec { enabled: true, ..shown.spec };
        let enabled = bench.app.webhooks().update(&bench.owner, id, spec, shown.version).await.unwrap();
        assert_eq!((enabled.failures, enabled.disabled_reason), (0, None));
        // A receiver that wants no more is believed at once.
        let gone = fail_one(&bench, id, 410).await.unwrap();
        assert!(gone.disabled.unwrap().reason.contains("410"));
    }

    async fn a_webhook_that_fails_for_days_is_disabled(place: Place) {
        let bench = Bench::open(place).await;
        let (id, _) = webhook(&bench, spec(&["*"])).await;
        assert_eq!(fail_one(&bench, id, 500).await.unwrap().disabled, None);
        bench.pass(LONGEST_FAILURE);
        assert!(fail_one(&bench, id, 500).await.unwrap().disabled.is_some());
    }

    async fn a_delivery_is_sent_again_under_its_id_when_somebody_asks(place: Place) {
        let bench = Bench::open(place).await;
        let (id, _) = webhook(&bench, spec(&["*"])).await;
        let run = some_run(&bench).await;
        follow(&bench, &[event(&bench, 1, run, "orders.paid", &json!({ "n": 7 }))]).await;
        let delivery = deliveries(&bench.app, &bench.owner, id).await.remove(0);
        let early = bench.app.webhooks().redeliver(&bench.owner, id, delivery.id).await.unwrap_err();
        assert_eq!(early.code(), "in_use");
        attempt(&bench, &delivery, 404, false).await;
        let first = delivery.run_id.unwrap();
        while !bench.claim().await.contains(&first) {}
        bench.finish(first, Outcome::failed(Failure::fatal("http_status", "404"))).await;
        let again = bench.app.webhooks().redeliver(&bench.owner, id, delivery.id).await.unwrap();
        assert_eq!((again.id, again.status), (delivery.id, DeliveryStatus::Pending));
        assert_ne!(again.run_id, delivery.run_id);
        let journal = bench.app.runs().journal(&bench.owner, again.run_id.unwrap(), PageRequest::default()).await.unwrap();
        assert!(format!("{:?}", journal.items[0]).contains("orders.paid"));
        let unknown = DeliveryId::from_uuid(Uuid::nil());
        let missing = bench.app.webhooks().redeliver(&bench.owner, id, unknown).await.unwrap_err();
        assert_eq!(missing.code(), "not_found");
    }

    async fn of_two_who_ask_at_once_one_has_it_sent_and_the_run_before_has_no_say_any_more(place: Place) {
        let bench = Bench::open(place).await;
        let (id, _) = webhook(&bench, spec(&["*"])).await;
        let webhooks = bench.app.webhooks();
        let delivery = webhooks.test(&bench.owner, id).await.unwrap();
        let first = delivery.run_id.unwrap();
        bench.app.runs().cancel(&bench.owner, first, "enough").await.unwrap();
        while !bench.claim().await.contains(&first) {}
        bench.finish(first, Outcome::cancelled("enough")).await;
        let again = || webhooks.redeliver(&bench.owner, id, delivery.id);
        let (one, other) = tokio::join!(again(), again());
        let (sent, refused) = if one.is_ok() { (one, other) } else { (other, one) };
        assert_eq!(refused.unwrap_err().code(), "in_use");
        let sent = sent.unwrap();
        assert_eq!(sent.status, DeliveryStatus::Pending);
        let with_deliveries = RunFilter { deliveries: true, ..RunFilter::default() };
        let mut runs = runs_of(&bench, with_deliveries).await;
        runs.sort();
        let mut wanted = vec![first, sent.run_id.unwrap()];
        wanted.sort();
        assert_eq!(runs, wanted);
        assert!(bench.recorded(&[AuditAction::WebhookTest, AuditAction::WebhookRedeliver]).await);
        // An attempt of the run before that ends only now.
        attempt(&bench, &delivery, 404, true).await;
        let now = deliveries(&bench.app, &bench.owner, id).await.remove(0);
        assert_eq!((now.status, now.run_id, now.attempts), (DeliveryStatus::Pending, sent.run_id, 0));
        let Tried::Ended(taken) = attempt(&bench, &sent, 200, true).await else { panic!() };
        assert_eq!(taken.error, None);
        let now = deliveries(&bench.app, &bench.owner, id).await.remove(0);
        assert_eq!((now.status, now.attempts), (DeliveryStatus::Delivered, 1));
    }

    async fn deliveries_of_a_webhook_that_is_removed_go_piece_by_piece(place: Place) {
        const MANY: i64 = 1_200;
        const COUNT: Sql = Sql::both("SELECT count(*) FROM deliveries");
        let bench = Bench::open(place).await;
        let run = some_run(&bench).await;
        let (removed, _) = webhook(&bench, spec(&["*"])).await;
        let (kept, _) = webhook(&bench, spec(&["orders.*"])).await;
        follow(&bench, &[event(&bench, 1, run, "orders.paid", &json!(1))]).await;
        let database = bench.storage.database();
        for n in 0..MANY {
            let delivery = NewDelivery {
                id: DeliveryId::from_uuid(Uuid::from_u128(n.unsigned_abs().into())),
                project_id: bench.owner.project(),
                webhook_id: removed,
                event_id: format!("evt_{n}"),
                event_type: "event.emitted".to_owned(),
                subject: "orders.paid".to_owned(),
                event_run_id: None,
                asked: false,
                now: bench.clock.now(),
            };
            let unit = Unit::new().with(stored::insert_refused(&delivery, "gone").into());
            database.apply(unit).await.unwrap();
        }
        let left = async || database.query_opt::<(i64,)>(COUNT, params![]).await.unwrap().unwrap().0;
        let before = left().await;
        bench.app.webhooks().delete(&bench.owner, removed).await.unwrap();
        assert_eq!(left().await, before, "nothing else in the transaction that removes it");
        let mut steps = 0;
        let mut had = before;
        while bench.app.webhooks().remove_left().await.unwrap() {
            let has = left().await;
            assert!(had - has <= 500, "{had} {has}");
            (had, steps) = (has, steps + 1);
        }
        assert_eq!((left().await, steps), (1, 3));
        assert_eq!(deliveries(&bench.app, &bench.owner, kept).await.len(), 1);
        assert_eq!(stored::left().first(database).await.unwrap(), None);
    }

    async fn only_who_may_have_events_sent_acts_on_their_sending(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let member = bench.sign_in_as(Role::Member, "member@example.com").await;
        let operator = bench.sign_in_as(Role::Operator, "operator@example.com").await;
        let (id, _) = webhook(&bench, spec(&["*"])).await;
        let run = some_run(&bench).await;
        follow(&bench, &[event(&bench, 1, run, "orders.paid", &json!(1))]).await;
        let sending = deliveries(&bench.app, owner, id).await[0].run_id.unwrap();
        let signal = || SendSignal { name: "go".to_owned(), payload: json!(1) };
        let settle = || Settle {
            key: Key::new("deliver"),
            attempt: None,
            verdict: Verdict::Failed("no".to_owned()),
        };
        let of = |error: Option<Error>| error.map(|error| error.code());
        for refused in [
            of(runs.cancel(&member, sending, "").await.err()),
            of(runs.retry(&member, sending, None).await.err()),
            of(runs.signal(&member, sending, signal()).await.err()),
            of(runs.settle(&member, sending, settle()).await.err()),
            of(runs.raise_budget(&member, sending, MicroUsd(1)).await.err()),
        ] {
            assert_eq!(refused, Some("forbidden"));
        }
        assert!(!runs.get(owner, sending).await.unwrap().cancel_requested);
        assert!(runs.get(&member, sending).await.is_ok());
        // What is not a delivery is theirs to act on as before.
        assert!(runs.cancel(&member, run, "").await.is_ok());
        for other in [
            of(runs.signal(&operator, sending, signal()).await.err()),
            of(runs.settle(&operator, sending, settle()).await.err()),
        ] {
            assert!(other.is_some() && other != Some("forbidden"), "{other:?}");
        }
        assert!(runs.cancel(&operator, sending, "").await.is_ok());
    }

    async fn faults_are_told_with_their_places_and_secrets_go_over_to_another_key(place: Place) {
        let bench = Bench::open(place).await;
        let bad = WebhookSpec {
            url: "ftp://x".to_owned(),
            description: "x".repeat(501),
            filter: Some("nodes.a".to_owned()),
            channel: Some("nobody".to_owned()),
            ..spec(&["a b"])
        };
        let refused = bench.app.webhooks().create(&bench.owner, bad, None).await.unwrap_err();
        let Error::Invalid { faults, .. } = refused else { panic!("{refused:?}") };
        let places: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(places, ["/url", "/description", "/events/0", "/filter", "/channel"]);
        let (id, _) = webhook(&bench, spec(&["*"])).await;
        let shown = bench.app.webhooks().get(&bench.owner, id).await.unwrap();
        let stale = bench.app.webhooks().update(&bench.owner, id, shown.spec, 9).await.unwrap_err();
        assert_eq!(stale.code(), "precondition_failed");
        let long = bench.app.webhooks().rotate(&bench.owner, id, Duration::from_secs(31 * 86_400)).await;
        assert_eq!(long.unwrap_err().code(), "invalid");
        let database = bench.storage.database();
        assert!(Vault::new(database.clone(), SecretKey::from_bytes([7; 32])).is_for_this_store().await.unwrap());
        let key = SecretKey::from_bytes([8; 32]).opening([[7; 32]]);
        let rotation = Rotation::new(database.clone(), key, Arc::new(Counting::default()));
        assert_eq!(rotation.outstanding().await.unwrap(), 1);
        assert_eq!(rotation.reseal(|_| true).await.unwrap().done, 1);
    }
}
