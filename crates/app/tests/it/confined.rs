//! What belongs to one project is not there for whoever acts in another.
//!
//! Tried are every use case that takes an id or a name, and every list.

use std::sync::Arc;

use gathering_app::{
    App, Caller, Error, PageRequest,
    approvals::Decide,
    artifacts::Sink,
    events::{Delivery, EventFilter},
    pipelines::Source,
    providers::ProviderSpec,
    runs::{RunFilter, Runnable, SendSignal, Settle, StartRun, Verdict},
    secrets::{PutSecret, SecretKey, Vault},
    threads::PostMessage,
};
use gathering_domain::{
    AgentId, AgentVersionId, ApprovalId, ArtifactId, Clock as _, Duration, EffectId, HookId,
    MicroUsd, PipelineId, PipelineVersionId, RunId, ThreadId, TriggerId,
};
use gathering_engine::{AwaitRequest, Key, LedgerState};
use gathering_testkit::{CountingIds, Place, each_database};
use gathering_tools::{ArtifactSink as _, NewArtifact, ToolContext};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    approvals::OPEN,
    hooks::hook_of,
    runs::start::start,
    support::{Bench, agent, asks_agent, echo},
    triggers::trigger_of,
};

const EFFECT: &str = "node:page";

/// One of each kind, all in one project.
struct Things {
    agent: AgentId,
    agent_version: AgentVersionId,
    pipeline: PipelineId,
    pipeline_version: PipelineVersionId,
    run: RunId,
    approval: ApprovalId,
    artifact: ArtifactId,
    thread: ThreadId,
    hook: HookId,
    trigger: TriggerId,
}

fn page() -> PageRequest {
    PageRequest::default()
}

fn after(id: ApprovalId) -> PageRequest {
    PageRequest { limit: None, cursor: Some(id.to_string()) }
}

fn provider(key_secret: Option<&str>) -> ProviderSpec {
    ProviderSpec {
        name: "cloud".to_owned(),
        kind: "openai".to_owned(),
        base_url: None,
        key_secret: key_secret.map(str::to_owned),
        default_model: None,
        options: json!({}),
    }
}

fn secret(value: &str) -> PutSecret {
    let hosts = vec!["api.example.com".to_owned()];
    PutSecret { name: "KEY".to_owned(), value: value.to_owned().into(), hosts }
}

fn say() -> PostMessage {
    PostMessage { text: "Hello".to_owned(), busy: None, idempotency_key: None }
}

fn keyed(what: Runnable) -> StartRun {
    StartRun { idempotency_key: Some("k".to_owned()), ..start(what, json!({ "n": 1 })) }
}

/// Makes one of each kind.
async fn things(bench: &Bench, caller: &Caller) -> Things {
    let app = &bench.app;
    app.secrets().put(caller, secret("of one")).await.unwrap();
    app.providers().create(caller, provider(None), None).await.unwrap();
    let helper = app.agents().create(caller, agent("helper"), Some("k".into())).await.unwrap();
    let source = Source::Json(echo("echo"));
    let pipeline = app.pipelines().create(caller, source, None).await.unwrap();
    let thread = app.threads().open(caller, helper.id, "Chat", None).await.unwrap();
    app.threads().post(caller, thread.id, say()).await.unwrap();
    let run =
        app.runs().start(caller, keyed(Runnable::Pipeline(pipeline.id))).await.unwrap().run.id;
    bench.claim().await;
    let request = AwaitRequest::Approval {
        title: "Page the on-call?".to_owned(),
        detail: Value::Null.into(),
        form: Value::Null.into(),
        options: vec!["approved".to_owned(), "rejected".to_owned()],
        deciders: Vec::new(),
        deadline: None,
    };
    let approval = bench.awaits(run, "node:ask", request).await;
    bench.attempt(run, EFFECT, LedgerState::Unknown).await;
    let ids = Arc::new(CountingIds::after(1_000_000));
    let sink = Sink::new(bench.storage.database().clone(), Arc::clone(&bench.clock) as _, ids);
    let context = ToolContext {
        effect_id: EffectId::from_uuid(Uuid::from_u128(1)),
        run_id: Some(run),
        project_id: caller.project(),
        actor: caller.actor(),
        deadline: bench.clock.now(),
        hosts: Arc::default(),
    };
    let note = NewArtifact::new("a.txt", "text/plain", b"hello".to_vec()).unwrap();
    let artifact = sink.save(&context, note).await.unwrap().artifact_id;
    let hook = app.hooks().create(caller, hook_of(pipeline.id), None).await.unwrap().hook.id;
    let on = trigger_of(pipeline.id, "orders.*");
    let trigger = app.triggers().create(caller, on, Some("k".into())).await.unwrap().id;
    Things {
        hook,
        trigger,
        agent: helper.id,
        agent_version: helper.version_id,
        pipeline: pipeline.id,
        pipeline_version: pipeline.version_id,
        run,
        approval,
        artifact,
        thread: thread.id,
    }
}

macro_rules! attempts {
    ($($name:literal => $call:expr;)*) => {{
        let mut attempts: Vec<(&'static str, Result<(), Error>)> = Vec::new();
        $(attempts.push(($name, $call.await.map(drop)));)*
        attempts
    }};
}

/// Everything that takes an id or a name, what harms least first.
async fn by_id(app: &App, caller: &Caller, of: &Things) -> Vec<(&'static str, Result<(), Error>)> {
    let Things { agent: helper, pipeline, run, approval, artifact, thread, .. } = *of;
    let (agents, pipelines, providers) = (app.agents(), app.pipelines(), app.providers());
    let (runs, approvals, threads) = (app.runs(), app.approvals(), app.threads());
    let (artifacts, secrets, events) = (app.artifacts(), app.secrets(), app.events());
    let (hooks, hook, triggers, trigger) = (app.hooks(), of.hook, app.triggers(), of.trigger);
    let (called, on) = (hook_of(pipeline), trigger_of(pipeline, "orders.*"));
    let decide = Decide { answer: "approved".to_owned(), data: Value::Null, note: String::new() };
    let signal = SendSignal { name: "s".to_owned(), payload: Value::Null };
    let settle = Settle { key: Key::new(EFFECT), attempt: None, verdict: Verdict::NotDone };
    let following = EventFilter { run_id: Some(run), ..EventFilter::default() };
    let source = || Source::Json(echo("echo"));
    let run_of = |what| start(what, json!({ "n": 1 }));
    attempts! {
        "agents.get" => agents.get(caller, helper);
        "agents.versions" => agents.versions(caller, helper, page());
        "agents.version" => agents.version(caller, of.agent_version);
        "agents.preview" => agents.preview(caller, helper, "hi");
        "agents.update" => agents.update(caller, helper, agent("helper"), 1);
        "pipelines.get" => pipelines.get(caller, pipeline);
        "pipelines.export" => pipelines.export(caller, pipeline);
        "pipelines.versions" => pipelines.versions(caller, pipeline, page());
        "pipelines.version" => pipelines.version(caller, of.pipeline_version);
        "pipelines.update" => pipelines.update(caller, pipeline, source(), 1);
        "providers.get" => providers.get(caller, "cloud");
        "providers.test" => providers.test(caller, "cloud");
        "providers.models" => providers.models(caller, "cloud");
        "providers.update" => providers.update(caller, "cloud", provider(None), 1);
        "runs.get" => runs.get(caller, run);
        "runs.journal" => runs.journal(caller, run, page());
        "runs.nodes" => runs.nodes(caller, run);
        "runs.wait" => runs.wait(caller, run, Duration::ZERO);
        "runs.start pipeline" => runs.start(caller, run_of(Runnable::Pipeline(pipeline)));
        "runs.start name" => runs.start(caller, run_of(Runnable::PipelineNamed("echo".into())));
        "runs.start agent" => runs.start(caller, start(Runnable::Agent(helper), json!({ "task": "x" })));
        "runs.signal" => runs.signal(caller, run, signal);
        "runs.budget" => runs.raise_budget(caller, run, MicroUsd(1_000));
        "runs.retry" => runs.retry(caller, run, None);
        "events.subscribe" => events.subscribe(caller, None, following);
        "approvals.of_run" => approvals.of_run(caller, run);
        "approvals.get" => approvals.get(caller, approval);
        "approvals.list after" => approvals.list(caller, OPEN, after(approval));
        "threads.get" => threads.get(caller, thread);
        "threads.messages" => threads.messages(caller, thread, page());
        "threads.post" => threads.post(caller, thread, say());
        "threads.open" => threads.open(caller, helper, "", None);
        "artifacts.get" => artifacts.get(caller, artifact);
        "artifacts.download" => artifacts.download(caller, artifact);
        "hooks.get" => hooks.get(caller, hook);
        "hooks.deliveries" => hooks.deliveries(caller, hook, page());
        "hooks.update" => hooks.update(caller, hook, called, 1);
        "hooks.pause" => hooks.pause(caller, hook);
        "hooks.resume" => hooks.resume(caller, hook);
        "hooks.rotate" => hooks.rotate(caller, hook);
        "hooks.delete" => hooks.delete(caller, hook);
        "triggers.get" => triggers.get(caller, trigger);
        "triggers.firings" => triggers.firings(caller, trigger, page());
        "triggers.update" => triggers.update(caller, trigger, on, 1);
        "triggers.pause" => triggers.pause(caller, trigger);
        "triggers.resume" => triggers.resume(caller, trigger);
        "triggers.delete" => triggers.delete(caller, trigger);
        "approvals.decide" => approvals.decide(caller, approval, decide);
        "runs.settle" => runs.settle(caller, run, settle);
        "runs.cancel" => runs.cancel(caller, run, "");
        "secrets.delete" => secrets.delete(caller, "KEY");
        "providers.delete" => providers.delete(caller, "cloud");
        "pipelines.delete" => pipelines.delete(caller, pipeline);
        "agents.delete" => agents.delete(caller, helper);
    }
}

/// How long each list is, whatever it may be narrowed to.
async fn lists(app: &App, caller: &Caller, of: &Things) -> Vec<(&'static str, usize)> {
    let run = Some(of.run);
    // The built-in provider is everybody's.
    let providers = app.providers().list(caller, page()).await.unwrap().items.len() - 1;
    let every = RunFilter::default();
    let of_pipeline = RunFilter { pipeline_id: Some(of.pipeline), ..RunFilter::default() };
    let effects = app.runs().unknown_outcomes_of(caller, run, page()).await.unwrap();
    vec![
        ("providers", providers),
        ("secrets", app.secrets().list(caller, page()).await.unwrap().items.len()),
        ("agents", app.agents().list(caller, page()).await.unwrap().items.len()),
        ("hooks", app.hooks().list(caller, page()).await.unwrap().items.len()),
        ("triggers", app.triggers().list(caller, page()).await.unwrap().items.len()),
        ("pipelines", app.pipelines().list(caller, page()).await.unwrap().items.len()),
        ("runs", app.runs().list(caller, every, page()).await.unwrap().items.len()),
        ("runs of", app.runs().list(caller, of_pipeline, page()).await.unwrap().items.len()),
        ("outcomes", app.runs().unknown_outcomes(caller, page()).await.unwrap().items.len()),
        ("outcomes of", effects.items.len()),
        ("approvals", app.approvals().list(caller, OPEN, page()).await.unwrap().items.len()),
        ("artifacts", app.artifacts().list(caller, None, page()).await.unwrap().items.len()),
        ("artifacts of", app.artifacts().list(caller, run, page()).await.unwrap().items.len()),
        ("threads", app.threads().list(caller, None, page()).await.unwrap().items.len()),
        (
            "threads with",
            app.threads().list(caller, Some(of.agent), page()).await.unwrap().items.len(),
        ),
    ]
}

/// Callers in two projects, and what there is in the first.
async fn two(bench: &Bench) -> (Caller, Caller, Things) {
    let projects = bench.app.projects();
    let one = projects.create(&bench.owner, "One", None).await.unwrap().id;
    let other = projects.create(&bench.owner, "Other", None).await.unwrap().id;
    let native = Caller::local_owner(one);
    let things = things(bench, &native).await;
    (native, Caller::local_owner(other), things)
}

each_database! {
    async fn nothing_of_another_project_is_there(place: Place) {
        let bench = Bench::open(place).await;
        let (native, stranger, things) = two(&bench).await;
        for (name, length) in lists(&bench.app, &stranger, &things).await {
            assert_eq!(length, 0, "{name}");
        }
        for (name, result) in by_id(&bench.app, &stranger, &things).await {
            let code = result.map_err(|refused| refused.code());
            assert_eq!(code, Err("not_found"), "{name}");
        }
        // The same, as whoever acts where all this is: nothing of it is refused for not being there.
        for (name, length) in lists(&bench.app, &native, &things).await {
            assert_ne!(length, 0, "{name}");
        }
        for (name, result) in by_id(&bench.app, &native, &things).await {
            assert!(!result.is_err_and(|refused| refused.code() == "not_found"), "{name}");
        }
    }

    async fn names_and_keys_mean_something_else_in_another_project(place: Place) {
        let bench = Bench::open(place).await;
        let (native, stranger, things) = two(&bench).await;
        let app = &bench.app;
        // The same key and the same request, and yet another agent.
        let helper = app.agents().create(&stranger, agent("assistant"), None).await.unwrap();
        let keyed_agent = app.agents().create(&stranger, agent("helper"), Some("k".into())).await.unwrap();
        assert_ne!(keyed_agent.id, things.agent);
        app.agents().delete(&stranger, keyed_agent.id).await.unwrap();
        let source = Source::Json(echo("echo"));
        let pipeline = app.pipelines().create(&stranger, source, None).await.unwrap();
        let run = app.runs().start(&stranger, keyed(Runnable::Pipeline(pipeline.id))).await.unwrap();
        assert!(run.run.id != things.run && run.run.project_id == stranger.project());

        // An agent and a secret are found by their names in the caller's project alone.
        let asks = |name: &str| start(Runnable::Definition(Source::Json(asks_agent("asks", name))), json!({}));
        let missing = app.runs().start(&stranger, asks("helper")).await.unwrap_err();
        assert_eq!(missing.code(), "invalid");
        app.runs().start(&stranger, asks("assistant")).await.unwrap();
        app.runs().start(&native, asks("helper")).await.unwrap();
        let missing = app.runs().start(&native, asks("assistant")).await.unwrap_err();
        assert_eq!(missing.code(), "invalid");
        let keyless = app.providers().create(&stranger, provider(Some("KEY")), None).await.unwrap_err();
        assert_eq!(keyless.code(), "invalid");
        assert!(app.providers().adapter(stranger.project(), "cloud").await.is_err());
        assert!(app.providers().adapter(native.project(), "cloud").await.is_ok());
        assert!(app.agents().get(&native, helper.id).await.is_err());
    }

    async fn a_secret_of_the_same_name_has_its_own_value_in_each_project(place: Place) {
        use secrecy::ExposeSecret as _;
        let bench = Bench::open(place).await;
        let (native, stranger, _) = two(&bench).await;
        let vault = Vault::new(bench.storage.database().clone(), SecretKey::from_bytes([7; 32]));
        assert!(vault.find(stranger.project(), "KEY").await.unwrap().is_none());
        bench.app.secrets().put(&stranger, secret("of the other")).await.unwrap();
        for (caller, value) in [(&native, "of one"), (&stranger, "of the other")] {
            let found = vault.find(caller.project(), "KEY").await.unwrap().unwrap();
            assert_eq!(found.value.expose_secret(), value);
        }
    }

    async fn a_stream_shows_the_events_of_its_project_alone(place: Place) {
        let bench = Bench::open(place).await;
        let (_, stranger, things) = two(&bench).await;
        let (events, all) = (bench.app.events(), EventFilter::default());
        let mut stream = events.subscribe(&stranger, Some(0), all).await.unwrap();
        let own = start(Runnable::Definition(Source::Json(echo("own"))), json!({ "n": 1 }));
        let own = bench.app.runs().start(&stranger, own).await.unwrap().run.id;
        // What happened in the other project lies before it.
        let Delivery::Event(first) = stream.next().await.unwrap() else { panic!("an event") };
        assert!(first.run_id == own && first.run_id != things.run, "{first:?}");
        assert_eq!(first.project_id, stranger.project());
    }
}
