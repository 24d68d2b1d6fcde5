//! What a schedule starts: a pipeline, an agent's task, or an action as pipelines have it.

use gathering_domain::{AgentId, Fault, PipelineId, Pointer, Timestamp};
use gathering_expressions::{Scope, ValueTemplate};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{App, Caller, Error, Result, pipelines::Source, runs::Runnable};

/// The node of a pipeline of one action.
const NODE: &str = "action";
/// Where a schedule's action is in its document.
const HERE: &str = "/action";

/// What a schedule starts. Texts and values may hold templates over `input`, which is the fire:
/// `{{ input.slot }}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScheduledAction {
    /// A run of a stored pipeline.
    Pipeline {
        /// The pipeline.
        pipeline_id: PipelineId,
        /// Its input; the fire itself, if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
    },
    /// One turn of an agent.
    Agent {
        /// The agent.
        agent_id: AgentId,
        /// What it is to do.
        task: String,
    },
    /// One action, such as an HTTP request: the settings that a node of a pipeline takes.
    Action {
        /// What the node's `config` is: `kind`, and what belongs to it.
        config: Map<String, Value>,
        /// How long an attempt may take.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<Value>,
        /// How often it is tried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry: Option<Value>,
    },
}

/// What templates see of a fire.
#[derive(Debug, Clone)]
pub(super) struct Occasion {
    pub(super) schedule: String,
    pub(super) slot: Timestamp,
    pub(super) manual: bool,
}

impl Occasion {
    fn value(&self) -> Value {
        let Self { schedule, slot, manual } = self;
        json!({ "schedule": schedule, "slot": slot.to_rfc3339(), "manual": manual })
    }
}

impl ScheduledAction {
    /// Refuses what could not be started, with the place of each fault. What templates make of the sample must be
    /// taken as well.
    pub(super) async fn check(&self, app: &App, caller: &Caller, sample: &Occasion) -> Result<()> {
        match self {
            Self::Pipeline { pipeline_id, input } => {
                let found = app.pipelines().get(caller, *pipeline_id).await;
                found.map_err(|error| absent(error, "pipeline_id"))?;
                let input = input.as_ref().map(|input| rendered(input, sample, "input"));
                let input = input.transpose()?.unwrap_or_else(|| sample.value());
                let taken = app.runs().require_input(caller, *pipeline_id, &input).await;
                taken.map_err(|error| placed(error, |place| format!("{HERE}/input{place}")))
            }
            Self::Agent { agent_id, task } => {
                let found = app.agents().get(caller, *agent_id).await;
                found.map_err(|error| absent(error, "agent_id"))?;
                if task.trim().is_empty() {
                    let message = "an agent needs a task";
                    return Err(Error::invalid_field("/action/task", "empty", message));
                }
                rendered(&json!(task), sample, "task").map(drop)
            }
            Self::Action { config, timeout, retry } => {
                let source = Source::Json(definition(config, timeout.as_ref(), retry.as_ref()));
                let checked = app.pipelines().require_valid(caller.project(), source).await;
                checked.map(drop).map_err(in_place)
            }
        }
    }

    /// What a fire starts, and its input.
    pub(super) fn start(&self, fire: &Occasion) -> Result<(Runnable, Value)> {
        match self {
            Self::Pipeline { pipeline_id, input } => {
                let input =
                    input.as_ref().map(|input| rendered(input, fire, "input")).transpose()?;
                Ok((Runnable::Pipeline(*pipeline_id), input.unwrap_or_else(|| fire.value())))
            }
            Self::Agent { agent_id, task } => {
                let task = match rendered(&json!(task), fire, "task")? {
                    Value::String(task) => task,
                    other => other.to_string(),
                };
                Ok((Runnable::Agent(*agent_id), json!({ "task": task })))
            }
            Self::Action { config, timeout, retry } => {
                let source = Source::Json(definition(config, timeout.as_ref(), retry.as_ref()));
                Ok((Runnable::Definition(source), fire.value()))
            }
        }
    }
}

/// The pipeline of that one action.
fn definition(
    config: &Map<String, Value>,
    timeout: Option<&Value>,
    retry: Option<&Value>,
) -> Value {
    let mut node = json!({ "id": NODE, "type": "action", "config": config });
    for (name, value) in [("timeout", timeout), ("retry", retry)] {
        if let Some(value) = value {
            node[name] = value.clone();
        }
    }
    json!({
        "name": "scheduled action",
        "nodes": [{ "id": "start", "type": "trigger" }, node],
        "edges": [{ "from": "start", "to": NODE }],
    })
}

/// The value with its templates rendered.
fn rendered(value: &Value, fire: &Occasion, member: &str) -> Result<Value> {
    let place = |pointer: &str| format!("{HERE}/{member}{pointer}");
    let template = ValueTemplate::parse(value).map_err(|errors| {
        let faults = errors.into_iter().map(|error| {
            let pointer = Pointer::from_text(place(&error.pointer));
            Fault::new(pointer, "invalid_template", error.error.to_string())
        });
        Error::invalid("the schedule's templates cannot be read", faults.collect())
    })?;
    template.render(&Scope::new(&fire.value())).map_err(|error| {
        let message = error.error.to_string();
        Error::invalid_field(&place(&error.pointer), "invalid_template", message)
    })
}

/// A thing that does not exist is a fault of the schedule that names it.
fn absent(error: Error, member: &str) -> Error {
    match error {
        Error::NotFound { .. } => {
            Error::invalid_field(&format!("{HERE}/{member}"), "not_found", error.to_string())
        }
        error => error,
    }
}

/// Faults of the pipeline of one action, where the schedule has it.
fn in_place(error: Error) -> Error {
    placed(error, |text| {
        let rest = text.strip_prefix("/nodes/1");
        rest.map_or_else(|| HERE.to_owned(), |rest| format!("{HERE}{rest}"))
    })
}

/// Faults of what a schedule starts, each at its place in the schedule.
fn placed(error: Error, place: impl Fn(&str) -> String) -> Error {
    let Error::Invalid { message: _, faults } = error else { return error };
    let faults = faults.into_iter().map(|fault| {
        let place = Pointer::from_text(place(fault.pointer.as_str()));
        Fault::new(place, &fault.code, fault.message)
    });
    Error::invalid("the schedule's action cannot be used", faults.collect())
}
