//! Tests of channels: what is stored, what is shown, what is sent.

use std::sync::Arc;

use gathering_app::{
    App, Error, PageRequest, Posted,
    channels::{ChannelConfig, ChannelSpec, ChannelTarget, Notice, SecretChange},
    pipelines::Source,
    runs::Runnable,
    secrets::{Rotation, SecretKey, Vault},
    signatures::{Signed, SigningKey, verify},
};
use gathering_domain::{Advice, Clock as _, Duration, EffectId, EffectKind, Role, RunId};
use gathering_testkit::{Place, each_database};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    runs::start::start,
    support::{Bench, Counting},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const CHAT: &str = "https://chat.example/services/T000/B000/letmein";

fn set(text: &str) -> SecretChange {
    SecretChange::Set(text.to_owned().into())
}

fn webhook(name: &str, secret: SecretChange) -> ChannelSpec {
    let url = "https://example.com/notify".to_owned();
    ChannelSpec { name: name.to_owned(), config: ChannelConfig::Webhook { url, secret } }
}

fn chat(name: &str, url: SecretChange) -> ChannelSpec {
    ChannelSpec { name: name.to_owned(), config: ChannelConfig::Slack { url } }
}

fn mail(name: &str, to: &[&str]) -> ChannelSpec {
    let to = to.iter().map(ToString::to_string).collect();
    ChannelSpec { name: name.to_owned(), config: ChannelConfig::Email { to } }
}

fn notice(channel: &str, kind: EffectKind) -> Notice {
    Notice {
        channel: channel.to_owned(),
        title: "Disk full".to_owned(),
        text: "Only a little is left.".to_owned(),
        data: json!({ "free": 3 }),
        kind,
    }
}

const EFFECT: EffectId = EffectId::from_uuid(Uuid::from_u128(7));
const RUN: RunId = RunId::from_uuid(Uuid::from_u128(8));
const SOON: Duration = Duration::from_secs(5);

fn faults(error: Error) -> Vec<(String, String)> {
    let Error::Invalid { faults, .. } = error else { panic!("{error:?}") };
    faults.into_iter().map(|fault| (fault.pointer.as_str().to_owned(), fault.code)).collect()
}

async fn send(app: &App, bench: &Bench, of: &Notice) -> Result<Option<u16>, (String, Advice)> {
    let sent = app.channels().notify(&bench.owner, of, (EFFECT, RUN), SOON).await;
    sent.map(|sent| sent.status).map_err(|failure| (failure.code, failure.advice))
}

each_database! {
    async fn what_is_secret_of_a_channel_is_kept_and_never_shown(place: Place) {
        let bench = Bench::open(place).await;
        let (channels, owner) = (bench.app.channels(), &bench.owner);
        let made = channels.create(owner, webhook("hook", set(SECRET)), None).await.unwrap();
        let slack = channels.create(owner, chat("chat", set(CHAT)), None).await.unwrap();
        channels.create(owner, mail("post", &[" Ann@Example.com"]), None).await.unwrap();
        let listed = channels.list(owner, PageRequest::default()).await.unwrap();
        let shown = format!("{listed:?}");
        assert!(!shown.contains("MfKQ") && !shown.contains("letmein"), "{shown}");
        assert_eq!(listed.items.len(), 3);
        assert_eq!(listed.items[1].target, ChannelTarget::Slack { host: "https://chat.example:443".to_owned() });
        assert_eq!(listed.items[2].target, ChannelTarget::Email { to: vec!["ann@example.com".to_owned()] });
        // What is not written anew stays, and is used.
        let renamed = channels.update(owner, slack.id, chat("talk", SecretChange::Keep), 1).await.unwrap();
        assert_eq!((renamed.version, renamed.name.as_str()), (2, "talk"));
        send(&bench.app, &bench, &notice("talk", EffectKind::Unsafe)).await.unwrap();
        assert_eq!(bench.courier.posts.lock().unwrap()[0].url.expose_secret(), CHAT);
        let stale = channels.update(owner, slack.id, chat("talk", SecretChange::Keep), 1).await;
        assert_eq!(stale.unwrap_err().code(), "precondition_failed");
        let unsigned = channels.update(owner, made.id, webhook("hook", SecretChange::Remove), 1).await;
        let url = "https://example.com/notify".to_owned();
        assert_eq!(unsigned.unwrap().target, ChannelTarget::Webhook { url, signed: false });
        channels.delete(owner, made.id).await.unwrap();
        assert_eq!(channels.get(owner, made.id).await.unwrap_err().code(), "not_found");
    }

    async fn every_fault_of_a_channel_is_told_with_its_place(place: Place) {
        let bench = Bench::open(place).await;
        let (channels, owner) = (bench.app.channels(), &bench.owner);
        for (spec, wanted) in [
            (webhook("", set("whsec_short")), vec![("/name", "invalid_name"), ("/config/secret", "invalid_secret")]),
            (chat("c", SecretChange::Remove), vec![("/config/url", "missing_key")]),
            (chat("c", set("ftp://x")), vec![("/config/url", "invalid_url")]),
            (mail("m", &[]), vec![("/config/to", "out_of_range")]),
            (mail("m", &["ann@example.com", "nobody"]), vec![("/config/to/1", "invalid_email")]),
        ] {
            let refused = channels.create(owner, spec, None).await.unwrap_err();
            let wanted: Vec<_> = wanted.into_iter().map(|(at, code)| (at.to_owned(), code.to_owned())).collect();
            assert_eq!(faults(refused), wanted);
        }
        let made = channels.create(owner, mail("m", &["a@example.com"]), Some("k".to_owned())).await.unwrap();
        let again = channels.create(owner, mail("m", &["a@example.com"]), Some("k".to_owned())).await.unwrap();
        assert_eq!(made, again);
        let other = channels.create(owner, mail("m", &["b@example.com"]), Some("k".to_owned())).await;
        assert_eq!(other.unwrap_err().code(), "idempotency_mismatch");
        let taken = channels.create(owner, chat("m", set(CHAT)), None).await.unwrap_err();
        assert_eq!(taken.code(), "name_taken");
        let changed = channels.update(owner, made.id, chat("m", set(CHAT)), 1).await.unwrap_err();
        assert_eq!(faults(changed), [("/config/type".to_owned(), "immutable".to_owned())]);
        let member = bench.sign_in_as(Role::Member, "member@example.com").await;
        let refused = channels.create(&member, chat("c", set(CHAT)), None).await.unwrap_err();
        assert_eq!(refused.code(), "forbidden");
        assert_eq!(channels.test(&member, made.id).await.unwrap_err().code(), "forbidden");
        assert!(channels.get(&member, made.id).await.is_ok());
    }

    async fn a_message_to_a_webhook_is_signed_under_its_effect_id(place: Place) {
        let bench = Bench::open(place).await;
        let (channels, owner) = (bench.app.channels(), &bench.owner);
        channels.create(owner, webhook("hook", set(SECRET)), None).await.unwrap();
        send(&bench.app, &bench, &notice("hook", EffectKind::Idempotent)).await.unwrap();
        let post = bench.courier.posts.lock().unwrap()[0].clone();
        let header = |name: &str| {
            post.headers.iter().find(|(of, _)| *of == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(header("webhook-id"), Some(EFFECT.to_string().as_str()));
        let signed = Signed {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            body: &post.body,
        };
        let key = SigningKey::parse(&SecretString::from(SECRET)).unwrap();
        assert_eq!(verify(&[key], &signed, bench.clock.now()), Ok(()));
        let body: Value = serde_json::from_slice(&post.body).unwrap();
        assert_eq!(body["type"], "notification");
        assert_eq!(body["data"]["title"], "Disk full");
        assert_eq!(body["data"]["run_id"], RUN.to_string());
    }

    async fn mail_has_an_id_of_its_effect(place: Place) {
        let bench = Bench::open(place).await;
        bench.app.channels().create(&bench.owner, mail("post", &["a@example.com"]), None).await.unwrap();
        let status = send(&bench.app, &bench, &notice("post", EffectKind::Unsafe)).await.unwrap();
        assert_eq!(status, None);
        let letter = bench.courier.letters.lock().unwrap()[0].clone();
        assert_eq!((letter.id, letter.subject.as_str()), (EFFECT.to_string(), "Disk full"));
        assert!(letter.text.contains("Only a little") && letter.text.contains("\"free\": 3"));
    }

    async fn what_the_other_side_says_decides_what_follows(place: Place) {
        let bench = Bench::open(place).await;
        let (channels, owner) = (bench.app.channels(), &bench.owner);
        let made = channels.create(owner, chat("chat", set(CHAT)), None).await.unwrap();
        let (wait, of) = (Some(Duration::from_secs(9)), notice("chat", EffectKind::Unsafe));
        for (status, code, advice) in [
            (429, "rate_limited", Advice::Retry { after: wait }),
            (503, "server_error", Advice::Unknown { after: wait }),
            (404, "http_status", Advice::Fail),
            (302, "http_status", Advice::Fail),
        ] {
            let posted = Posted { status, text: "no".to_owned(), retry_after: wait };
            bench.courier.answers.lock().unwrap().push_back(Ok(posted.clone()));
            let sent = send(&bench.app, &bench, &of).await.unwrap_err();
            assert_eq!(sent, (code.to_owned(), advice), "{status}");
            bench.courier.answers.lock().unwrap().push_back(Ok(posted));
            let report = channels.test(owner, made.id).await.unwrap();
            assert_eq!(report.failure.unwrap().code, code);
        }
        let report = channels.test(owner, made.id).await.unwrap();
        assert_eq!(report.sent.unwrap().status, Some(200));
    }

    async fn a_message_that_may_be_repeated_goes_over_no_channel_where_it_would_show_twice(place: Place) {
        let bench = Bench::open(place).await;
        bench.app.channels().create(&bench.owner, chat("chat", set(CHAT)), None).await.unwrap();
        let refused = send(&bench.app, &bench, &notice("chat", EffectKind::Idempotent)).await;
        assert_eq!(refused.unwrap_err().0, "channel_changed");
        let unknown = send(&bench.app, &bench, &notice("other", EffectKind::Unsafe)).await;
        assert_eq!(unknown.unwrap_err().0, "unknown_channel");
        let long = Notice { title: "x".repeat(251), ..notice("chat", EffectKind::Unsafe) };
        assert_eq!(send(&bench.app, &bench, &long).await.unwrap_err().0, "too_large");
        assert!(bench.courier.posts.lock().unwrap().is_empty());
    }

    async fn a_pipeline_names_channels_that_exist_and_is_pinned_to_what_repeating_means(place: Place) {
        let bench = Bench::open(place).await;
        let (app, owner) = (&bench.app, &bench.owner);
        let definition = json!({
            "name": "tell",
            "nodes": [
                { "id": "start", "type": "trigger" },
                { "id": "tell", "type": "action",
                  "config": { "kind": "notify", "channel": "hook", "title": "Hello", "text": "{{ input }}" } },
            ],
            "edges": [{ "from": "start", "to": "tell" }],
        });
        let source = || Source::Json(definition.clone());
        let unknown = app.pipelines().create(owner, source(), None).await.unwrap_err();
        assert_eq!(faults(unknown), [("/nodes/1/config/channel".to_owned(), "unknown_channel".to_owned())]);
        let made = app.channels().create(owner, webhook("hook", SecretChange::Remove), None).await.unwrap();
        let pipeline = app.pipelines().create(owner, source(), None).await.unwrap();
        let run = app.runs().start(owner, start(Runnable::Pipeline(pipeline.id), json!("x"))).await.unwrap();
        let journal = app.runs().journal(owner, run.run.id, PageRequest::default()).await.unwrap();
        let begun = format!("{:?}", journal.items[0]);
        assert!(begun.contains("hook") && begun.contains("idempotent"), "{begun}");
        app.channels().delete(owner, made.id).await.unwrap();
        let gone = app.runs().start(owner, start(Runnable::Pipeline(pipeline.id), json!("x"))).await;
        assert_eq!(faults(gone.unwrap_err())[0].1, "unknown_channel");
    }

    async fn secrets_of_channels_go_over_to_another_key(place: Place) {
        let bench = Bench::open(place).await;
        bench.app.channels().create(&bench.owner, chat("chat", set(CHAT)), None).await.unwrap();
        let database = bench.storage.database();
        let old = SecretKey::from_bytes([7; 32]);
        assert!(Vault::new(database.clone(), old).is_for_this_store().await.unwrap());
        let new = SecretKey::from_bytes([8; 32]).opening([[7; 32]]);
        let rotation = Rotation::new(database.clone(), new, Arc::new(Counting::default()));
        assert_eq!(rotation.outstanding().await.unwrap(), 1);
        let resealed = rotation.reseal(|_| true).await.unwrap();
        assert_eq!((resealed.done, resealed.unopened), (1, 0));
        assert_eq!(rotation.outstanding().await.unwrap(), 0);
    }
}
