//! `POST /api/v1/runs`: start a run of anything.

use axum::{extract::State, response::Response};
use gathering_app::{
    pipelines::Source,
    runs::{Limits, ModelRef, Runnable, StartRun, Trigger},
};
use gathering_domain::{AgentId, Duration, MicroUsd, PipelineId, Priority};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{RunSummaryView, RunView, WaitQuery, answer_started, budget::OnCostWord};
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, Query},
    object::object,
    state::Edge,
};

/// A run to be started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartRunBody {
    /// What runs.
    what: RunnableBody,
    /// The run's input; `null` if absent.
    #[serde(default)]
    input: Value,
    /// A model in place of those of all agents.
    model: Option<ModelName>,
    /// Limits tighter than those of the definition.
    #[serde(default, deserialize_with = "object")]
    limits: LimitsBody,
    /// Whether it goes before others, in place of what the definition says: the higher the sooner.
    #[schema(minimum = -100, maximum = 100)]
    priority: Option<i64>,
}

/// What a run executes.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Runnable)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum RunnableBody {
    /// The present version of a stored pipeline.
    Pipeline {
        /// The pipeline.
        #[schema(value_type = String)]
        pipeline_id: PipelineId,
    },
    /// The present version of a stored pipeline, by its name.
    PipelineNamed {
        /// The name.
        name: String,
    },
    /// A definition that comes with the request. It needs the permission `definition_write` as well.
    Definition {
        /// The definition.
        #[schema(value_type = Object)]
        definition: Value,
    },
    /// One turn of an agent, without a thread; the input is `{"task": "…"}` and no other
    /// member.
    Agent {
        /// The agent.
        #[schema(value_type = String)]
        agent_id: AgentId,
    },
}

/// A model as `provider/model`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = "anthropic/claude-sonnet-4-5")]
pub(crate) struct ModelName(String);

/// Limits tighter than those of the definition.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsBody {
    /// From start to end, waiting included.
    #[schema(value_type = Option<String>, example = "10m")]
    timeout: Option<Duration>,
    /// Money of all model calls, those of child runs included, in millionths of a US dollar.
    #[schema(minimum = 0)]
    cost_micro_usd: Option<i64>,
    /// What follows where too little money is left for a model call. With `wait`, here or in the
    /// definition, the run waits until somebody raises its budget.
    on_cost: OnCostWord,
    /// Attempts of effects.
    #[schema(minimum = 1, maximum = 1_000_000)]
    attempts: Option<u64>,
}

/// Starts a run of a pipeline, of a definition that comes along, or of an agent. Returns before it
/// has finished; with `wait`, when it has ended or the wait is over.
#[utoipa::path(post, path = "/api/v1/runs", tag = "runs",
    params(WaitQuery, ("Idempotency-Key" = Option<String>, Header)),
    request_body = StartRunBody,
    responses((status = 200, description = "With `wait`: the run has ended.", body = RunView),
        (status = 202, description = "It is accepted.", body = RunSummaryView)))]
#[tracing::instrument(name = "api.runs.start", skip_all)]
pub(crate) async fn start_run(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(wait): Query<WaitQuery>,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Json(StartRunBody { what, input, model, limits, priority }): Json<StartRunBody>,
) -> Result<Response, Problem> {
    let wait = wait.bounded(&caller)?;
    let command = StartRun {
        what: what.into(),
        input,
        trigger: Trigger::Manual,
        idempotency_key,
        model: model.map(ModelName::parse).transpose()?,
        limits: limits.checked()?,
        priority: priority_of(priority)?,
    };
    let run = edge.app().runs().start(&caller, command).await?.run;
    answer_started(&edge, &caller, run, wait).await
}

/// The priority, if it is one.
pub(crate) fn priority_of(asked: Option<i64>) -> Result<Option<Priority>, Problem> {
    let priority = asked.map(Priority::try_from).transpose();
    priority.map_err(|fault| Problem::invalid("/priority", "out_of_range", fault.to_string()))
}

impl From<RunnableBody> for Runnable {
    fn from(body: RunnableBody) -> Self {
        match body {
            RunnableBody::Pipeline { pipeline_id } => Self::Pipeline(pipeline_id),
            RunnableBody::PipelineNamed { name } => Self::PipelineNamed(name),
            RunnableBody::Definition { definition } => Self::Definition(Source::Json(definition)),
            RunnableBody::Agent { agent_id } => Self::Agent(agent_id),
        }
    }
}

impl ModelName {
    /// The reference that the text is.
    pub(crate) fn parse(self) -> Result<ModelRef, Problem> {
        self.0.parse().map_err(|fault| Problem::invalid("/model", "invalid_value", fault))
    }
}

impl LimitsBody {
    /// The limits, if they can be any.
    pub(crate) fn checked(self) -> Result<Limits, Problem> {
        let Self { timeout, cost_micro_usd, on_cost, attempts } = self;
        if cost_micro_usd.is_some_and(i64::is_negative) {
            let message = "a limit of money is 0 or more";
            return Err(Problem::invalid("/limits/cost_micro_usd", "out_of_range", message));
        }
        if attempts.is_some_and(|attempts| !(1..=Limits::MAX_ATTEMPTS).contains(&attempts)) {
            let message = format!("attempts are 1 to {}", Limits::MAX_ATTEMPTS);
            return Err(Problem::invalid("/limits/attempts", "out_of_range", message));
        }
        let cost = cost_micro_usd.map(MicroUsd);
        Ok(Limits { timeout, cost, on_cost: on_cost.into(), attempts })
    }
}
