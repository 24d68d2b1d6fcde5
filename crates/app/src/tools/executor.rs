//! The one executor: every call of a tool, from wherever, passes here.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use gathering_domain::{
    Clock, Duration, EffectId, EffectKind, Failure, HostList, Permission, RunId,
};
use gathering_tools::{
    ArtifactSink, NewArtifact, Overflow, Policy, Registered, Runner, Tool, ToolContext, ToolOutput,
    Toolbox, describe_faults,
};
use serde_json::Value;
use tracing::Instrument as _;

use crate::{Caller, ProjectHosts};

/// Calls tools: validate, permission, policy, limits, run, truncate. Cheap to clone.
#[derive(Clone)]
pub struct Executor {
    toolbox: Arc<Toolbox>,
    artifacts: Arc<dyn ArtifactSink>,
    clock: Arc<dyn Clock>,
    hosts: ProjectHosts,
}

/// A call to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// Stable over attempts: what an idempotent target is told.
    pub effect_id: EffectId,
    /// The run that calls; none for a person who calls directly.
    pub run_id: Option<RunId>,
    /// Whether the policy `ask` has been obeyed.
    pub consent: Consent,
    /// A shorter time than the tool's own.
    pub timeout: Option<Duration>,
    /// Lists of hosts to which its requests are held, besides that of the project.
    pub hosts: Vec<HostList>,
}

/// Whether somebody has agreed to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consent {
    /// Nobody was asked: a tool whose policy is `ask` does not run.
    None,
    /// A person approved this call, makes it, or allowed the agent such calls beforehand.
    Given,
}

/// A call that may be made, with what it is held to.
struct Admitted<'a> {
    tool: &'a Arc<dyn Tool>,
    context: ToolContext,
    timeout: Duration,
    output_bytes: u64,
}

impl Executor {
    /// An executor over the tools of a server. What does not fit into an answer goes to `artifacts`.
    pub fn new(
        toolbox: Arc<Toolbox>,
        artifacts: Arc<dyn ArtifactSink>,
        clock: Arc<dyn Clock>,
        hosts: ProjectHosts,
    ) -> Self {
        Self { toolbox, artifacts, clock, hosts }
    }

    /// What repeating this call means.
    pub fn kind_of(&self, tool: &str, arguments: &Value) -> EffectKind {
        self.toolbox.find(tool).map_or(EffectKind::Pure, |tool| tool.kind_of(arguments))
    }

    /// Calls a tool on the caller's behalf. Dropping the future cancels the call.
    pub async fn call(&self, caller: &Caller, call: ToolCall) -> Result<ToolOutput, Failure> {
        let Admitted { tool, context, timeout, output_bytes } =
            self.admitted(caller, &call).await?;
        let span = span(&call);
        let doing = tool.call(&context, call.arguments);
        let output = bounded(&call.tool, doing, timeout).instrument(span).await?;
        self.fitted(&call.tool, &context, output, output_bytes).await
    }

    /// Asks a tool what became of a call whose outcome nobody knows: its output if it has happened, or
    /// `None`. Whoever may not make the call may not ask either.
    pub async fn reconcile(
        &self,
        caller: &Caller,
        call: ToolCall,
    ) -> Result<Option<ToolOutput>, Failure> {
        let Admitted { tool, context, timeout, output_bytes } =
            self.admitted(caller, &call).await?;
        let asking = tool.reconcile(&context, call.arguments);
        match bounded(&call.tool, asking, timeout).await? {
            Some(output) => self.fitted(&call.tool, &context, output, output_bytes).await.map(Some),
            None => Ok(None),
        }
    }

    /// Everything that is checked before a tool hears of a call.
    async fn admitted(&self, caller: &Caller, call: &ToolCall) -> Result<Admitted<'_>, Failure> {
        let registered = self.toolbox.get(&call.tool);
        let registered =
            registered.map_err(|unknown| Failure::fatal("unknown_tool", unknown.to_string()))?;
        let faults = registered.check(&call.arguments);
        if !faults.is_empty() {
            let message = describe_faults(&call.tool, &faults);
            return Err(Failure::fatal("invalid_arguments", message));
        }
        let tool = admit(registered, caller, call.consent)?;
        let limits = registered.spec().limits;
        let timeout = call.timeout.map_or(limits.timeout, |asked| asked.min(limits.timeout));
        let project = self.hosts.find(caller.project()).await;
        // Nothing was asked yet, and the store may answer another time.
        let project = project.map_err(|error| {
            let message = format!("could not read the project's list of hosts: {error}");
            Failure::retryable(error.code(), message, None)
        })?;
        let context = ToolContext {
            effect_id: call.effect_id,
            run_id: call.run_id,
            project_id: caller.project(),
            actor: caller.actor(),
            deadline: self.clock.now() + timeout,
            hosts: call.hosts.iter().cloned().chain(project).collect(),
        };
        Ok(Admitted { tool, context, timeout, output_bytes: limits.output_bytes })
    }

    async fn fitted(
        &self,
        tool: &str,
        context: &ToolContext,
        output: ToolOutput,
        most: u64,
    ) -> Result<ToolOutput, Failure> {
        let mut fitted = output.fit(most);
        if let Some(overflow) = fitted.overflow {
            self.keep(tool, context, overflow, &mut fitted.output).await?;
        }
        Ok(fitted.output)
    }

    /// Stores what was cut and names it in the output. The call has been made by now, so that an
    /// answer too large to be stored is told and does not fail it.
    async fn keep(
        &self,
        tool: &str,
        context: &ToolContext,
        overflow: Overflow,
        output: &mut ToolOutput,
    ) -> Result<(), Failure> {
        let Overflow { content, media_type } = overflow;
        let ending = if media_type == "application/json" { "json" } else { "txt" };
        let name = format!("{tool}-output.{ending}");
        match NewArtifact::new(name, media_type, content.into_bytes()) {
            Ok(artifact) => {
                let stored = self.artifacts.save(context, artifact).await;
                // Whether to call again is the tool's to say: what failed came after it.
                output.attach(stored.map_err(|fault| {
                    Failure::unknown(
                        &fault.code,
                        format!("the whole output of `{tool}` could not be stored: {fault}"),
                    )
                })?);
            }
            Err(fault) => {
                let note = format!("\n[the rest was not kept: {fault}]");
                output.preview.get_or_insert_default().push_str(&note);
            }
        }
        Ok(())
    }
}

/// The span of a call, by the conventions of OpenTelemetry for generative models. Arguments and output
/// stay out. The tool is one that exists: its name was not made up by a model.
fn span(call: &ToolCall) -> tracing::Span {
    tracing::info_span!(
        "app.tools.call",
        otel.name = format_args!("execute_tool {}", call.tool),
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = call.tool,
        effect.id = %call.effect_id,
    )
}

/// Refuses what the caller may not do, or what nobody has agreed to.
fn admit<'a>(
    registered: &'a Registered,
    caller: &Caller,
    consent: Consent,
) -> Result<&'a Arc<dyn Tool>, Failure> {
    let spec = registered.spec();
    let refused = |code, why: &str| Failure::fatal(code, format!("`{}` {why}", spec.name));
    let needed = std::iter::once(Permission::ToolInvoke).chain(spec.permissions.iter().copied());
    for permission in needed {
        if !caller.allows(permission) {
            let why = format!("needs the permission `{}`", permission.as_str());
            return Err(refused("forbidden", &format!("{why}, which the caller does not have")));
        }
    }
    match (spec.policy, consent) {
        (Policy::Auto, _) | (Policy::Ask, Consent::Given) => {}
        (Policy::Ask, Consent::None) => {
            return Err(refused("approval_required", "runs only after a person has approved"));
        }
        (Policy::Deny, _) => return Err(refused("denied", "is denied on this server")),
    }
    match registered.runner() {
        Runner::Effect(tool) => Ok(tool),
        Runner::AskPerson => {
            Err(refused("not_callable", "asks a person: only an agent's turn can wait for that"))
        }
    }
}

/// Holds a tool to its time, and a defect of it to its own call.
async fn bounded<T>(
    name: &str,
    doing: impl Future<Output = Result<T, Failure>>,
    timeout: Duration,
) -> Result<T, Failure> {
    let doing = AssertUnwindSafe(doing).catch_unwind();
    match tokio::time::timeout(timeout.std(), doing).await {
        Ok(Ok(result)) => result,
        // The message of a panic may hold anything, so it goes to the log by the panic hook alone.
        Ok(Err(_)) => Err(Failure::unknown("tool_fault", format!("`{name}` broke off: a defect"))),
        Err(_) => {
            Err(Failure::unknown("timeout", format!("`{name}` did not end within {timeout}")))
        }
    }
}
