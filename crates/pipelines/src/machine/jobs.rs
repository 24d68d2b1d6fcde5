//! Jobs: the effects and child runs that nodes ask for, with their inputs rendered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use gathering_domain::{
    Duration, EffectKind, Failure, find_secret_markers, is_secret_name, secret_marker,
};
use gathering_engine::{
    AwaitRequest, ChildSpec, Decision, Effect, Facts, Key, Limits, Payload, Until,
};
use gathering_expressions::{Expression, Scope, Template};
use serde_json::{Value, json};

use super::{
    AGENT_MACHINE, PIPELINE_BEHAVIOUR, PIPELINE_MACHINE, PipelineMachine,
    keys::{Part, Place},
    plan::{JobAt, render, sleep, text},
};
use crate::{
    definition::{Dollars, HttpMethod},
    parts::{HttpRequest, Job, JobKind},
    pinned::{AgentTask, PinnedTool, ToolCall},
};

/// How long an attempt at a tool or an action may take, where nothing says it.
pub const DEFAULT_EFFECT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long consent to a tool call is waited for; after that the call counts as refused.
const CONSENT_DEADLINE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The longest title in the inbox, in characters.
const MAX_TITLE_CHARS: usize = 120;

impl PipelineMachine {
    /// The decision that does a job. An error means that it cannot be asked for.
    pub(super) fn job(&self, key: Key, at: &JobAt<'_>, scope: &Scope) -> Result<Decision, Failure> {
        let (job, item) = (at.job, at.item);
        let scope = &scope_of(at, scope);
        let input = input_of(job, scope)?;
        match &job.kind {
            JobKind::Agent { name, task, output_schema } => {
                let task = AgentTask {
                    task: text(task, scope)?,
                    data: input,
                    output_schema: output_schema.clone(),
                };
                self.agent(key, name, &task, job)
            }
            JobKind::Pipeline { name } => {
                let input = input.map(Payload::new);
                let item = || item.map(|item| Payload::new(item.clone()));
                let input = input.or_else(item).unwrap_or_else(|| Payload::clone(&self.fold.input));
                self.child_pipeline(key, name, input, job)
            }
            JobKind::StartPipeline { name } => {
                let input = input.unwrap_or_else(|| self.fold.input.as_ref().clone());
                let input = json!({ "pipeline": name, "input": input });
                Ok(effect(key, "start_pipeline", input, EffectKind::Idempotent, job, None))
            }
            JobKind::Tool { name, hosts } => {
                let tool = self.tool(name)?;
                let call = ToolCall {
                    tool: name.clone(),
                    arguments: arguments(at, input),
                    call_id: self.call_id(at.place),
                    approved: at.attempt.approved,
                    hosts: hosts.clone(),
                };
                let input = serde_json::to_value(&call).map_err(|error| unwritable(&error))?;
                Ok(effect(key, "tool", input, tool.kind, job, tool.timeout))
            }
            JobKind::Notify { channel, title, text: words, data } => {
                let kinds = &self.program.pipeline.channels;
                let kind = *kinds.get(channel).ok_or_else(|| not_pinned("channel", channel))?;
                let data = data.as_ref().map(|data| render(data, scope)).transpose()?;
                let input = json!({
                    "channel": channel,
                    "title": text(title, scope)?,
                    "text": text(words, scope)?,
                    "data": data,
                });
                Ok(effect(key, "notify", input, kind, job, None))
            }
            JobKind::Http(request) => {
                let kind = effect_kind(request);
                Ok(effect(key, "http", http_input(request, scope)?, kind, job, None))
            }
        }
    }

    fn tool(&self, name: &str) -> Result<&PinnedTool, Failure> {
        self.program.pipeline.tools.get(name).ok_or_else(|| not_pinned("tool", name))
    }

    /// The node, with the item of a map.
    fn call_id(&self, place: Place) -> String {
        let id = &self.program.nodes[place.node].id;
        place.item.map_or_else(|| id.clone(), |item| format!("{id}[{item}]"))
    }

    /// Whether the job is a tool call to which a person has yet to consent.
    pub(super) fn needs_consent(&self, at: &JobAt<'_>) -> bool {
        match &at.job.kind {
            JobKind::Tool { name, .. } => {
                !at.attempt.approved && self.tool(name).is_ok_and(|tool| tool.consent)
            }
            _ => false,
        }
    }

    /// Asks for consent, and waits for it no longer than it is waited for anywhere.
    pub(super) fn ask_consent(
        &self,
        at: &JobAt<'_>,
        scope: &Scope,
        facts: &Facts<'_>,
        decisions: &mut Vec<Decision>,
    ) -> Result<(), Failure> {
        let JobKind::Tool { name, .. } = &at.job.kind else { return Ok(()) };
        let key = at.place.part(Part::Consent).key(&self.program);
        if facts.under_way(&key) {
            decisions.push(Decision::Keep(key));
        } else {
            let arguments = arguments(at, input_of(at.job, &scope_of(at, scope))?);
            let title = format!("{} wants to call {name}", self.program.name);
            let request = AwaitRequest::Approval {
                title: title.chars().take(MAX_TITLE_CHARS).collect(),
                detail: Payload::new(json!({
                    "type": "tool_call",
                    "pipeline": self.program.name,
                    "node": self.program.nodes[at.place.node].id,
                    "tool": name,
                    "arguments": arguments,
                })),
                form: Payload::new(Value::Null),
                options: vec!["approved".to_owned(), "rejected".to_owned()],
                deciders: Vec::new(),
                deadline: Some(CONSENT_DEADLINE),
            };
            decisions.push(Decision::Await { key, request });
        }
        let key = at.place.part(Part::Deadline).key(&self.program);
        decisions.push(sleep(key, Until::After(CONSENT_DEADLINE), facts));
        Ok(())
    }

    fn agent(
        &self,
        key: Key,
        name: &str,
        task: &AgentTask,
        job: &Job,
    ) -> Result<Decision, Failure> {
        let agents = &self.program.pipeline.agents;
        let agent = agents.get(name).ok_or_else(|| not_pinned("agent", name))?;
        let input = serde_json::to_value(task).map_err(|error| unwritable(&error))?;
        let cost = job.cost.map(Dollars::micro_usd);
        let limits = Limits { timeout: job.timeout, cost, ..Limits::default() };
        let child = ChildSpec {
            machine: AGENT_MACHINE,
            behaviour: agent.behaviour,
            definition: Payload::new(agent.definition.clone()),
            input: Payload::new(input),
            limits,
            title: name.to_owned(),
        };
        Ok(Decision::StartChild { key, child })
    }

    fn child_pipeline(
        &self,
        key: Key,
        name: &str,
        input: Payload,
        job: &Job,
    ) -> Result<Decision, Failure> {
        let pipeline =
            self.program.children.get(name).ok_or_else(|| not_pinned("pipeline", name))?;
        if let Some(fault) = pipeline.shape.check(&input).first() {
            let message = format!("pipeline `{name}` does not take this input: {fault}");
            return Err(Failure::fatal("invalid_input", message));
        }
        let timeout = match (job.timeout, pipeline.limits.timeout) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let child = ChildSpec {
            machine: PIPELINE_MACHINE,
            behaviour: PIPELINE_BEHAVIOUR,
            definition: Payload::clone(&pipeline.definition),
            input,
            limits: Limits { timeout, ..pipeline.limits },
            title: name.to_owned(),
        };
        Ok(Decision::StartChild { key, child })
    }
}

fn scope_of(at: &JobAt<'_>, scope: &Scope) -> Scope {
    at.item.map_or_else(|| scope.clone(), |item| scope.with_item(item))
}

fn input_of(job: &Job, scope: &Scope) -> Result<Option<Value>, Failure> {
    job.input.as_ref().map(|input| render(input, scope)).transpose()
}

/// A tool's arguments: the node's input, or the item of a map, or none.
fn arguments(at: &JobAt<'_>, input: Option<Value>) -> Value {
    input.or_else(|| at.item.cloned()).unwrap_or_else(|| json!({}))
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::fatal("invalid_input", error.to_string())
}

fn not_pinned(what: &str, name: &str) -> Failure {
    Failure::fatal("not_pinned", format!("the run was not pinned to the {what} `{name}`"))
}

fn effect(
    key: Key,
    performer: &'static str,
    input: Value,
    kind: EffectKind,
    job: &Job,
    timeout: Option<Duration>,
) -> Decision {
    Decision::Perform(Effect {
        key,
        performer,
        input: Payload::new(input),
        kind,
        retry: job.retry.unwrap_or_default(),
        timeout: job.timeout.or(timeout).unwrap_or(DEFAULT_EFFECT_TIMEOUT),
        reserve: None,
    })
}

/// What repeating a request means: a POST or PATCH is only harmless if its target takes the effect id,
/// and is asked about if its target can say what it has done.
fn effect_kind(request: &HttpRequest) -> EffectKind {
    match request.method {
        HttpMethod::Get | HttpMethod::Head | HttpMethod::Put | HttpMethod::Delete => {
            EffectKind::Idempotent
        }
        HttpMethod::Post | HttpMethod::Patch if request.reconcile.is_some() => {
            EffectKind::Reconcilable
        }
        HttpMethod::Post | HttpMethod::Patch if request.idempotency_header.is_some() => {
            EffectKind::Idempotent
        }
        HttpMethod::Post | HttpMethod::Patch => EffectKind::Unsafe,
    }
}

fn http_input(request: &HttpRequest, scope: &Scope) -> Result<Value, Failure> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let scope = &scope.with_secrets(move |name| {
        count.fetch_add(1, Ordering::Relaxed);
        is_secret_name(name).then(|| secret_marker(name))
    });
    let url = text(&request.url, scope)?;
    let headers = headers(&request.headers, scope)?;
    let body = request.body.as_ref().map(|body| render(body, scope)).transpose()?;
    let mut input = json!({
        "method": request.method,
        "url": url,
        "headers": headers,
        "body": body,
        "idempotency_header": request.idempotency_header,
    });
    // The effect id comes of this input, so it is put into the question by whoever asks it.
    if let Some(asked) = &request.reconcile {
        input["reconcile"] = json!({
            "url": text(&asked.url, scope)?,
            "headers": self::headers(&asked.headers, scope)?,
            "happened": asked.happened.as_ref().map(Expression::source),
        });
    }
    // A marker that came in with data would hand a secret to whoever put it there.
    if count_markers(&input) > asked.load(Ordering::Relaxed) {
        let message =
            "the request holds the marker of a secret that its definition did not ask for";
        return Err(Failure::fatal("foreign_secret_marker", message));
    }
    Ok(input)
}

fn headers(
    templates: &[(String, Template)],
    scope: &Scope,
) -> Result<serde_json::Map<String, Value>, Failure> {
    let rendered =
        templates.iter().map(|(name, value)| Ok((name.clone(), text(value, scope)?.into())));
    rendered.collect()
}

fn count_markers(value: &Value) -> usize {
    match value {
        Value::String(text) => find_secret_markers(text).len(),
        Value::Array(items) => items.iter().map(count_markers).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| find_secret_markers(key).len() + count_markers(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
