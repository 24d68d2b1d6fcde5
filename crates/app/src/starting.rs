//! What hooks and triggers start, of what, and with which input.

use gathering_domain::{AgentId, Fault, PipelineId, Pointer, ProjectId};
use gathering_engine::Lineage;
use gathering_expressions::{EvaluateError, Expression, Names, Scope, ValueError, ValueTemplate};
use gathering_storage::{
    Tx,
    definitions::{self, DefinitionKind},
    find_idempotency_key, find_run,
    starters::Starter,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    App, Caller, Conflict, Error, Result,
    runs::{Limits, RunSummary, Runnable, StartRun, Started, Trigger},
};

/// The largest rules of a hook or a trigger, in bytes of JSON.
const MAX_RULES_BYTES: usize = 64 * 1024;
/// How much of a reason is kept, in characters.
const DETAIL_CHARS: usize = 500;

/// What is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Startable {
    /// A run of the present version of a pipeline.
    Pipeline {
        /// The pipeline.
        pipeline_id: PipelineId,
    },
    /// A turn of an agent.
    Agent {
        /// The agent.
        agent_id: AgentId,
    },
}

/// Why nothing was started, as it is kept for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStarted {
    /// A stable code.
    pub code: String,
    /// The same in words.
    pub detail: String,
}

/// Of what something is started, and with which input.
pub(crate) struct Mapping {
    filter: Option<Expression>,
    input: Option<ValueTemplate>,
}

impl Startable {
    pub(crate) const fn runnable(self) -> Runnable {
        match self {
            Self::Pipeline { pipeline_id } => Runnable::Pipeline(pipeline_id),
            Self::Agent { agent_id } => Runnable::Agent(agent_id),
        }
    }

    /// The input of a start for which no mapping is written: the thing under its name, or a task that
    /// tells of it.
    pub(crate) fn default_input(self, name: &'static str, told: &str, thing: &Value) -> Value {
        match self {
            Self::Pipeline { .. } => serde_json::json!({ name: thing }),
            Self::Agent { .. } => serde_json::json!({ "task": format!("{told}\n\n{thing:#}") }),
        }
    }

    /// Refuses what is not there.
    pub(crate) fn require(self, tx: &mut Tx<'_>, project_id: ProjectId) -> Result<()> {
        let (kind, id, name): (_, Uuid, _) = match self {
            Self::Pipeline { pipeline_id } => {
                (DefinitionKind::Pipeline, pipeline_id.uuid(), pipeline_id.to_string())
            }
            Self::Agent { agent_id } => {
                (DefinitionKind::Agent, agent_id.uuid(), agent_id.to_string())
            }
        };
        let found = definitions::find_summary(project_id, kind, id).first_in(tx)?;
        found.map(drop).ok_or_else(|| Error::not_found(kind.as_str(), name))
    }
}

impl Mapping {
    /// Reads a filter and a mapping, and says what is wrong with them. One with faults lets everything
    /// through: nothing may be started by it.
    pub(crate) fn parse(
        names: Names,
        filter: Option<&str>,
        input: Option<&Value>,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let filter = filter.and_then(|source| expression(names, source, "/filter", faults));
        let input = input.and_then(|value| match ValueTemplate::parse_with(value, names) {
            Ok(template) => Some(template),
            Err(errors) => {
                faults.extend(errors.into_iter().map(|ValueError { pointer, error }| {
                    let place = Pointer::from_text(format!("/input{pointer}"));
                    Fault::new(place, "invalid_expression", error.to_string())
                }));
                None
            }
        });
        Self { filter, input }
    }

    /// Whether the filter lets it through.
    pub(crate) fn wants(&self, scope: &Scope) -> Result<bool, NotStarted> {
        Ok(self.filter.as_ref().map_or(Ok(true), |filter| filter.holds(scope))?)
    }

    /// The input of the start.
    pub(crate) fn input(
        &self,
        scope: &Scope,
        default: impl FnOnce() -> Value,
    ) -> Result<Value, NotStarted> {
        match &self.input {
            None => Ok(default()),
            Some(template) => template.render(scope).map_err(|ValueError { pointer, error }| {
                let mut why = NotStarted::from(error);
                why.detail = cut(&format!("at `/input{pointer}`: {}", why.detail));
                why
            }),
        }
    }
}

/// Reads an expression, and says what is wrong with it.
pub(crate) fn expression(
    names: Names,
    source: &str,
    pointer: &str,
    faults: &mut Vec<Fault>,
) -> Option<Expression> {
    let read = Expression::parse_with(source, names);
    let told = |error: gathering_expressions::ParseError| {
        let place = Pointer::from_text(pointer);
        faults.push(Fault::new(place, "invalid_expression", error.to_string()));
    };
    read.map_err(told).ok()
}

/// Refuses rules that are too large.
pub(crate) fn check_size(rules: &Value, faults: &mut Vec<Fault>) {
    if rules.to_string().len() > MAX_RULES_BYTES {
        let message = format!("all of it has at most {MAX_RULES_BYTES} bytes");
        faults.push(Fault::new(Pointer::root(), "out_of_range", message));
    }
}

/// A start that happens once for its key, whatever its input is when it is asked for again.
pub(crate) struct StartOnce {
    pub(crate) what: Startable,
    pub(crate) input: Value,
    pub(crate) trigger: Trigger,
    pub(crate) key: Option<String>,
    pub(crate) above: Option<Lineage>,
    /// What starts it, which must stand as it was read.
    pub(crate) starter: Starter,
}

impl App {
    /// The run that such a trigger started under the key.
    pub(crate) async fn started_under(
        &self,
        project_id: ProjectId,
        (trigger, key): (Trigger, &str),
    ) -> Result<Option<RunSummary>> {
        let database = self.database();
        let found = find_idempotency_key(project_id, trigger.scope(), key).first(database).await?;
        let Some(found) = found else { return Ok(None) };
        let row = find_run(found.target_id.into()).first(database).await?;
        Ok(row.map(RunSummary::from))
    }

    pub(crate) async fn start_once(&self, caller: &Caller, start: StartOnce) -> Result<Started> {
        let StartOnce { what, input, trigger, key, above, starter } = start;
        let command = StartRun {
            what: what.runnable(),
            input,
            trigger,
            idempotency_key: key.clone(),
            model: None,
            limits: Limits::default(),
            priority: None,
        };
        let started = self.runs().start_by(caller, command, starter, above).await;
        match (started, key) {
            // Somebody was faster, with rules that were changed meanwhile.
            (Err(Error::Conflict { kind: Conflict::IdempotencyMismatch, message }), Some(key)) => {
                let earlier = self.started_under(caller.project(), (trigger, &key)).await?;
                let mismatch = || Error::conflict(Conflict::IdempotencyMismatch, message);
                Ok(Started { run: earlier.ok_or_else(mismatch)?, fresh: false })
            }
            (started, _) => started,
        }
    }
}

impl NotStarted {
    pub(crate) fn new(code: &str, detail: &str) -> Self {
        Self { code: code.to_owned(), detail: cut(detail) }
    }
}

impl From<&Fault> for NotStarted {
    fn from(fault: &Fault) -> Self {
        Self::new(&fault.code, &format!("at `{}`: {}", fault.pointer, fault.message))
    }
}

impl From<EvaluateError> for NotStarted {
    fn from(error: EvaluateError) -> Self {
        Self::new(error.kind.code(), &error.to_string())
    }
}

impl From<&Error> for NotStarted {
    fn from(error: &Error) -> Self {
        let faults = match error {
            Error::Invalid { faults, .. } => faults.as_slice(),
            _ => &[],
        };
        let told = faults.iter().fold(error.to_string(), |told, fault| {
            format!("{told}; `{}`: {}", fault.pointer, fault.message)
        });
        Self::new(error.code(), &told)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(DETAIL_CHARS).collect()
}
