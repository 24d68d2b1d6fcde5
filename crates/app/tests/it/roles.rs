//! Every use case as every role: a table, so that none is forgotten.

use gathering_app::{
    App, Caller, Error, PageRequest,
    approvals::Decide,
    events::EventFilter,
    identity::{CreateUser, Invite, UpdateUser},
    pipelines::Source,
    projects::{PutMember, UpdateProject},
    providers::ProviderSpec,
    runs::{RunFilter, Runnable, SendSignal, Settle, StartRun, Trigger, Verdict},
    secrets::PutSecret,
    threads::PostMessage,
    tools::InvokeTool,
};
use gathering_domain::{
    Actor, AgentId, AgentVersionId, ApprovalId, ArtifactId, InvitationId, PipelineId,
    PipelineVersionId, ProjectId, Role, RunId, SessionId, ThreadId, UserId,
};
use gathering_engine::{Key, Limits};
use gathering_testkit::Place;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{approvals::OPEN, support::Bench};

const ROLES: [Role; 4] = [Role::Owner, Role::Operator, Role::Member, Role::Viewer];
/// Whether the roles above may, in their order.
type May = [bool; 4];
const EVERYBODY: May = [true; 4];
const WHO_BUILDS: May = [true, true, true, false];
const WHO_OPERATES: May = [true, true, false, false];
const OWNERS: May = [true, false, false, false];

macro_rules! attempts {
    ($app:ident, $caller:ident; $($name:literal, $may:expr => $call:expr;)*) => {{
        let mut attempts: Vec<(&'static str, May, Result<(), Error>)> = Vec::new();
        $(attempts.push(($name, $may, $call.await.map(drop)));)*
        attempts
    }};
}

fn id() -> Uuid {
    Uuid::from_u128(404)
}

fn page() -> PageRequest {
    PageRequest::default()
}

fn spec() -> ProviderSpec {
    ProviderSpec {
        name: "p".to_owned(),
        kind: "openai".to_owned(),
        base_url: None,
        key_secret: None,
        default_model: None,
        options: json!({}),
    }
}

fn user() -> CreateUser {
    let password = "x".to_owned().into();
    CreateUser { email: "x".to_owned(), name: "x".to_owned(), role: Role::Viewer, password }
}

fn invite() -> Invite {
    let (email, role) = (String::new(), Role::Viewer);
    Invite { email, role, projects: None, lasts: None, idempotency_key: None }
}

fn start() -> StartRun {
    StartRun {
        what: Runnable::Pipeline(PipelineId::from_uuid(id())),
        input: Value::Null,
        trigger: Trigger::Manual,
        idempotency_key: None,
        model: None,
        limits: Limits::default(),
        priority: None,
    }
}

async fn all(app: &App, caller: &Caller) -> Vec<(&'static str, May, Result<(), Error>)> {
    let run = RunId::from_uuid(id());
    let agent = AgentId::from_uuid(id());
    let pipeline = PipelineId::from_uuid(id());
    let thread = ThreadId::from_uuid(id());
    let (user_id, project) = (UserId::from_uuid(id()), ProjectId::from_uuid(id()));
    let member = PutMember { project_id: project, user_id, role: Role::Viewer };
    let source = || Source::Json(json!({}));
    let secret = PutSecret { name: "S".to_owned(), value: "v".to_owned().into(), hosts: vec![] };
    let key = Key::new("node:x");
    let signal = SendSignal { name: "s".to_owned(), payload: Value::Null };
    let decide = Decide { answer: "approved".to_owned(), data: Value::Null, note: String::new() };
    let post = PostMessage { text: "hi".to_owned(), busy: None, idempotency_key: None };
    let invoke = InvokeTool { name: "x".to_owned(), arguments: json!({}), idempotency_key: None };
    attempts! { app, caller;
        "me", EVERYBODY => app.identity().me(caller);
        "users.create", OWNERS => app.users().create(caller, user());
        "users.list", WHO_OPERATES => app.users().list(caller, page());
        "users.get", WHO_OPERATES => app.users().get(caller, user_id);
        "users.update", OWNERS => app.users().update(caller, user_id, UpdateUser::default(), 1);
        "users.set_password", OWNERS => app.users().set_password(caller, user_id, "x".to_owned().into());
        "users.password_link", OWNERS => app.users().password_link(caller, user_id);
        "invitations.create", OWNERS => app.invitations().create(caller, invite());
        "invitations.list", OWNERS => app.invitations().list(caller, page());
        "invitations.delete", OWNERS => app.invitations().delete(caller, InvitationId::from_uuid(id()));
        "projects.create", WHO_OPERATES => app.projects().create(caller, "", None);
        "projects.list", EVERYBODY => app.projects().list(caller, page());
        "projects.get", EVERYBODY => app.projects().get(caller, project);
        "projects.update", WHO_OPERATES => app.projects().update(caller, project, UpdateProject::default(), 1);
        "projects.close", WHO_OPERATES => app.projects().close(caller, project);
        "projects.members", WHO_OPERATES => app.projects().members(caller, project, page());
        "projects.put_member", WHO_OPERATES => app.projects().put_member(caller, member);
        "projects.delete_member", WHO_OPERATES => app.projects().delete_member(caller, project, user_id);
        "users.deactivate", OWNERS => app.users().deactivate(caller, user_id);
        "sessions.list_of", OWNERS => app.sessions().list_of(caller, user_id, page());
        "sessions.revoke_of", OWNERS => app.sessions().revoke_of(caller, user_id, SessionId::from_uuid(id()));
        "sessions.revoke_all_of", OWNERS => app.sessions().revoke_all_of(caller, user_id);
        "api_keys.list_of", OWNERS => app.api_keys().list_of(caller, user_id, page());
        "secrets.put", WHO_OPERATES => app.secrets().put(caller, secret.clone());
        "secrets.list", WHO_OPERATES => app.secrets().list(caller, page());
        "secrets.delete", WHO_OPERATES => app.secrets().delete(caller, "NONE");
        "providers.create", WHO_OPERATES => app.providers().create(caller, ProviderSpec { name: String::new(), ..spec() }, None);
        "providers.update", WHO_OPERATES => app.providers().update(caller, "p", spec(), 1);
        "providers.delete", WHO_OPERATES => app.providers().delete(caller, "p");
        "providers.test", WHO_OPERATES => app.providers().test(caller, "scripted");
        "providers.get", EVERYBODY => app.providers().get(caller, "scripted");
        "providers.list", EVERYBODY => app.providers().list(caller, page());
        "providers.models", EVERYBODY => app.providers().models(caller, "scripted");
        "agents.create", WHO_BUILDS => app.agents().create(caller, json!({}), None);
        "agents.update", WHO_BUILDS => app.agents().update(caller, agent, json!({}), 1);
        "agents.delete", WHO_BUILDS => app.agents().delete(caller, agent);
        "agents.get", EVERYBODY => app.agents().get(caller, agent);
        "agents.list", EVERYBODY => app.agents().list(caller, page());
        "agents.versions", EVERYBODY => app.agents().versions(caller, agent, page());
        "agents.version", EVERYBODY => app.agents().version(caller, AgentVersionId::from_uuid(id()));
        "agents.preview", EVERYBODY => app.agents().preview(caller, agent, "hi");
        "pipelines.create", WHO_BUILDS => app.pipelines().create(caller, source(), None);
        "pipelines.update", WHO_BUILDS => app.pipelines().update(caller, pipeline, source(), 1);
        "pipelines.delete", WHO_BUILDS => app.pipelines().delete(caller, pipeline);
        "pipelines.get", EVERYBODY => app.pipelines().get(caller, pipeline);
        "pipelines.list", EVERYBODY => app.pipelines().list(caller, page());
        "pipelines.versions", EVERYBODY => app.pipelines().versions(caller, pipeline, page());
        "pipelines.version", EVERYBODY => app.pipelines().version(caller, PipelineVersionId::from_uuid(id()));
        "pipelines.validate", EVERYBODY => app.pipelines().validate(caller, source());
        "runs.start", WHO_BUILDS => app.runs().start(caller, start());
        "runs.get", EVERYBODY => app.runs().get(caller, run);
        "runs.list", EVERYBODY => app.runs().list(caller, RunFilter::default(), page());
        "runs.journal", EVERYBODY => app.runs().journal(caller, run, page());
        "runs.nodes", EVERYBODY => app.runs().nodes(caller, run);
        "runs.wait", EVERYBODY => app.runs().wait(caller, run, gathering_domain::Duration::ZERO);
        "runs.cancel", WHO_BUILDS => app.runs().cancel(caller, run, "");
        "runs.retry", WHO_BUILDS => app.runs().retry(caller, run, None);
        "runs.signal", WHO_BUILDS => app.runs().signal(caller, run, signal);
        "runs.settle", WHO_BUILDS => app.runs().settle(caller, run, Settle { key, attempt: None, verdict: Verdict::NotDone });
        "runs.unknown_outcomes", EVERYBODY => app.runs().unknown_outcomes(caller, page());
        "approvals.list", EVERYBODY => app.approvals().list(caller, OPEN, page());
        "approvals.get", EVERYBODY => app.approvals().get(caller, ApprovalId::from_uuid(id()));
        "approvals.of_run", EVERYBODY => app.approvals().of_run(caller, run);
        "approvals.decide", WHO_BUILDS => app.approvals().decide(caller, ApprovalId::from_uuid(id()), decide);
        "threads.open", WHO_BUILDS => app.threads().open(caller, agent, "", None);
        "threads.get", EVERYBODY => app.threads().get(caller, thread);
        "threads.list", EVERYBODY => app.threads().list(caller, None, page());
        "threads.messages", EVERYBODY => app.threads().messages(caller, thread, page());
        "threads.post", WHO_BUILDS => app.threads().post(caller, thread, post);
        "tools.list", EVERYBODY => async { app.tools().list(caller) };
        "tools.get", EVERYBODY => async { app.tools().get(caller, "echo") };
        "tools.invoke", WHO_BUILDS => app.tools().invoke(caller, invoke);
        "artifacts.list", EVERYBODY => app.artifacts().list(caller, None, page());
        "artifacts.get", EVERYBODY => app.artifacts().get(caller, ArtifactId::from_uuid(id()));
        "artifacts.download", EVERYBODY => app.artifacts().download(caller, ArtifactId::from_uuid(id()));
        "events.subscribe", EVERYBODY => app.events().subscribe(caller, None, EventFilter::default());
        "system.info", EVERYBODY => app.system().info(caller);
        "system.instances", WHO_OPERATES => app.system().instances(caller);
        "system.breakers", WHO_OPERATES => async { app.system().breakers(caller) };
    }
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let bench = Bench::open(Place::sqlite()).await;
    for (column, role) in ROLES.into_iter().enumerate() {
        let caller = Caller::new(Actor::LocalOwner, role, bench.owner.project());
        for (name, may, result) in all(&bench.app, &caller).await {
            let refused = result.as_ref().is_err_and(|error| error.code() == "forbidden");
            assert_eq!(!refused, may[column], "{name} as {role:?}: {result:?}");
            let broken = result.is_err_and(|error| error.code() == "internal");
            assert!(!broken, "{name} as {role:?}");
        }
    }
}
