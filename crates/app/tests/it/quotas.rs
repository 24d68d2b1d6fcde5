//! Quotas of projects: counted in the transaction that uses them, on however many instances.

use std::sync::Arc;

use futures::future::join_all;
use gathering_app::{
    App, Caller, Error, Quotas, Used,
    artifacts::Sink,
    projects::{QuotaChange, QuotaChanges, UpdateProject},
    runs::{Runnable, StartRun, Trigger},
    webhooks::WebhookSpec,
};
use gathering_domain::{AuditAction, Clock as _, Duration, EffectId, Failure};
use gathering_engine::{Limits, Outcome};
use gathering_testkit::{CountingIds, Place, each_database};
use gathering_tools::{ArtifactSink as _, NewArtifact, ToolContext};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Bench, echo};

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Bench {
    pub(crate) async fn set_quotas(&self, quotas: QuotaChanges) -> Result<Quotas, Error> {
        let (projects, id) = (self.app.projects(), self.owner.project());
        let version = projects.get(&self.owner, id).await?.version;
        let update = UpdateProject { quotas, ..UpdateProject::default() };
        projects.update(&self.owner, id, update, version).await.map(|project| project.quotas)
    }

    pub(crate) async fn used(&self) -> Used {
        self.app.projects().used(&self.owner, self.owner.project()).await.unwrap()
    }
}

async fn start(app: &App, caller: &Caller, key: Option<&str>) -> Result<(), Error> {
    let start = StartRun {
        what: Runnable::Definition(gathering_app::pipelines::Source::Json(echo("echo"))),
        input: json!({ "n": 1 }),
        trigger: Trigger::Manual,
        idempotency_key: key.map(str::to_owned),
        model: None,
        limits: Limits::default(),
        priority: None,
    };
    app.runs().start(caller, start).await.map(drop)
}

pub(crate) fn runs(most: Option<u64>) -> QuotaChanges {
    let runs_per_day = most.map_or(QuotaChange::Any, QuotaChange::Most);
    QuotaChanges { runs_per_day, ..QuotaChanges::default() }
}

fn bytes(most: Option<u64>) -> QuotaChanges {
    let artifact_bytes = most.map_or(QuotaChange::Any, QuotaChange::Most);
    QuotaChanges { artifact_bytes, ..QuotaChanges::default() }
}

each_database! {
    async fn a_day_has_so_many_runs_on_all_instances_together(place: Place) {
        let bench = Bench::open(place).await;
        start(&bench.app, &bench.owner, None).await.unwrap();
        assert_eq!(bench.used().await.runs_today, None, "nobody counts");
        let set = bench.set_quotas(runs(Some(6))).await.unwrap();
        assert_eq!(set, Quotas { runs_per_day: Some(6), artifact_bytes: None });
        assert_eq!(bench.used().await.runs_today, Some(1), "those of the day count");
        start(&bench.app, &bench.owner, Some("k")).await.unwrap();
        let other = bench.another_app().await;
        let both = (0..12).map(|number| if number % 2 == 0 { &bench.app } else { &other });
        let started = join_all(both.map(|app| start(app, &bench.owner, None))).await;
        let (begun, refused): (Vec<_>, Vec<_>) = started.into_iter().partition(Result::is_ok);
        assert_eq!((begun.len(), refused.len()), (4, 8));
        for refused in refused {
            let Err(Error::Quota { most, retry_after, .. }) = refused else { panic!("{refused:?}") };
            assert!(most == 6 && retry_after > Duration::ZERO && retry_after <= DAY);
        }
        assert_eq!(bench.used().await.runs_today, Some(6));
        // What was started before is found, and nothing is counted twice.
        start(&bench.app, &bench.owner, Some("k")).await.unwrap();
        assert_eq!(bench.used().await.runs_today, Some(6));
        bench.pass(DAY);
        start(&bench.app, &bench.owner, None).await.unwrap();
        assert_eq!(bench.used().await.runs_today, Some(1), "another day");
        bench.set_quotas(runs(Some(0))).await.unwrap();
        let none = start(&bench.app, &bench.owner, None).await.unwrap_err();
        assert_eq!(none.code(), "quota_reached");
        bench.pass(DAY);
        let none = start(&bench.app, &bench.owner, None).await.unwrap_err();
        assert_eq!(none.code(), "quota_reached", "on a day of which nothing is counted yet");
        bench.set_quotas(runs(None)).await.unwrap();
        start(&bench.app, &bench.owner, None).await.unwrap();
        assert!(bench.recorded(&[AuditAction::ProjectUpdate]).await);
    }

    async fn what_brings_events_to_webhooks_does_not_count(place: Place) {
        let bench = Bench::open(place).await;
        let webhook = WebhookSpec {
            url: "https://example.com/events".to_owned(),
            description: String::new(),
            events: vec!["*".to_owned()],
            filter: None,
            channel: None,
            enabled: true,
        };
        let webhooks = bench.app.webhooks();
        let id = webhooks.create(&bench.owner, webhook, None).await.unwrap().webhook.id;
        let sent = webhooks.test(&bench.owner, id).await.unwrap().run_id.unwrap();
        start(&bench.app, &bench.owner, None).await.unwrap();
        bench.set_quotas(runs(Some(6))).await.unwrap();
        assert_eq!(bench.used().await.runs_today, Some(1), "what was sent before it was set");
        webhooks.test(&bench.owner, id).await.unwrap();
        while !bench.claim().await.contains(&sent) {}
        bench.finish(sent, Outcome::failed(Failure::fatal("x", "no luck"))).await;
        bench.app.runs().retry(&bench.owner, sent, None).await.unwrap();
        assert_eq!(bench.used().await.runs_today, Some(1), "a delivery and a retry of one");
    }

    async fn artifacts_have_so_many_bytes_together(place: Place) {
        let bench = Bench::open(place).await;
        let ids = Arc::new(CountingIds::default());
        let sink = Sink::new(bench.storage.database().clone(), Arc::clone(&bench.clock) as _, ids);
        let save = async |effect: u128, text: &str| {
            let context = ToolContext {
                effect_id: EffectId::from_uuid(Uuid::from_u128(effect)),
                run_id: None,
                project_id: bench.owner.project(),
                actor: bench.owner.actor(),
                deadline: bench.clock.now(),
                hosts: Arc::default(),
            };
            let new = NewArtifact::new("a.txt", "text/plain", text.as_bytes().to_vec()).unwrap();
            sink.save(&context, new).await.map_err(|failure| failure.code)
        };
        save(1, "12345").await.unwrap();
        assert_eq!(bench.used().await.artifact_bytes, 5);
        bench.set_quotas(bytes(Some(10))).await.unwrap();
        assert_eq!(save(2, "123456").await.unwrap_err(), "quota_reached");
        // The effect that has made it already finds it, and counts nothing.
        save(1, "12345").await.unwrap();
        let all = join_all((3..9).map(|effect| save(effect, "12"))).await;
        assert_eq!(all.iter().filter(|saved| saved.is_ok()).count(), 2);
        assert_eq!(bench.used().await.artifact_bytes, 9);
        bench.set_quotas(bytes(None)).await.unwrap();
        save(10, "123456").await.unwrap();
        assert_eq!(bench.used().await.artifact_bytes, 15);
    }

    async fn quotas_that_mean_none_are_refused(place: Place) {
        let bench = Bench::open(place).await;
        let refused = bench.set_quotas(runs(Some(u64::MAX))).await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
        let refused = bench.set_quotas(bytes(Some(u64::MAX))).await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
        assert_eq!(bench.set_quotas(QuotaChanges::default()).await.unwrap(), Quotas::default());
    }
}
