//! Triggers as clients read and write them.

use gathering_app::triggers::{
    DEFAULT_PER_MINUTE, EventTrigger, Firing, FiringOutcome, TriggerCounts, TriggerRules,
    TriggerSpec,
};
use gathering_domain::{RunId, SubjectPattern, TriggerId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    starting::{NotStartedView, StartableView},
    views::{ActorView, Time},
};

/// A trigger that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTriggerBody {
    /// What it is called.
    #[schema(example = "Tell the team of failures")]
    name: String,
    /// For events whose type, or emitted subject, fits one of these: words between dots, `*` for any
    /// word, or at the end for the rest.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 50,
        example = json!(["run.failed", "orders.*"]))]
    subjects: Vec<SubjectPattern>,
    /// An expression over `event`; events for which it does not hold start nothing.
    #[serde(default)]
    #[schema(example = "event.data.payload.amount > 100")]
    filter: Option<String>,
    /// What it starts.
    starts: StartableView,
    /// The input of the run: any value, whose texts are templates over `event`. Absent:
    /// `{"event": …}`; of an agent a task that shows the event.
    #[serde(default)]
    #[schema(example = json!({ "order": "{{ event.data.payload.id }}" }))]
    input: Option<Value>,
    /// Whether it fires for what the runs do that it started, or that they started.
    #[serde(default)]
    own_events: bool,
    /// Runs that it starts in a minute at most; events beyond start none.
    #[serde(default = "default_per_minute")]
    #[schema(minimum = 1, maximum = 6_000, default = 600)]
    per_minute: u32,
}

/// What starts runs when something happens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trigger)]
pub(crate) struct TriggerView {
    /// Its id.
    #[schema(value_type = String, example = "trg_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: TriggerId,
    /// What it is called.
    name: String,
    /// For events whose type, or emitted subject, fits one of these.
    #[schema(value_type = Vec<String>)]
    subjects: Vec<SubjectPattern>,
    /// An expression over `event`; events for which it does not hold start nothing.
    filter: Option<String>,
    /// What it starts.
    starts: StartableView,
    /// The input of the run, by templates over `event`.
    input: Option<Value>,
    /// Whether it fires for what the runs do that it started, or that they started.
    own_events: bool,
    /// Runs that it starts in a minute at most.
    per_minute: u32,
    /// Whether it fires.
    enabled: bool,
    /// For whom it acts: whoever changed it last.
    acts_for: ActorView,
    /// How many events had which outcome.
    counts: TriggerCountsView,
    /// When the last one came.
    last_at: Option<Time>,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// How many events of a trigger had which outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TriggerCounts)]
struct TriggerCountsView {
    /// They started a run.
    started: u64,
    /// They started none, so that there is no end to it, or too many at once.
    dropped: u64,
    /// They started none, though they should have.
    failed: u64,
}

/// An event that a trigger is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Firing)]
pub(crate) struct FiringView {
    /// The event's position.
    position: i64,
    /// When it was acted on.
    at: Time,
    /// The event's type.
    #[schema(example = "event.emitted")]
    event_type: String,
    /// The event's subject.
    #[schema(example = "orders.paid")]
    subject: String,
    /// To which run it happened.
    #[schema(value_type = String, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    event_run_id: RunId,
    /// What became of it.
    outcome: FiringOutcomeWord,
    /// The run that it started.
    #[schema(value_type = Option<String>, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50618")]
    run_id: Option<RunId>,
    /// Why it started none.
    why: Option<NotStartedView>,
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FiringOutcome)]
#[serde(rename_all = "snake_case")]
enum FiringOutcomeWord {
    /// It started a run.
    Started,
    /// It started none, so that there is no end to it, or too many at once.
    Dropped,
    /// It started none, though it should have.
    Failed,
}

const fn default_per_minute() -> u32 {
    DEFAULT_PER_MINUTE
}

impl From<CreateTriggerBody> for TriggerSpec {
    fn from(body: CreateTriggerBody) -> Self {
        let CreateTriggerBody { name, subjects, filter, starts, input, own_events, per_minute } =
            body;
        let starts = starts.into();
        let rules = TriggerRules { subjects, filter, starts, input, own_events, per_minute };
        Self { name, rules }
    }
}

impl TriggerView {
    /// What was written of it, as a document that a patch changes.
    pub(super) fn written(&self) -> Value {
        let Self { name, subjects, filter, starts, input, own_events, per_minute, .. } = self;
        json!({
            "name": name,
            "subjects": subjects,
            "filter": filter,
            "starts": starts,
            "input": input,
            "own_events": own_events,
            "per_minute": per_minute,
        })
    }
}

impl From<EventTrigger> for TriggerView {
    fn from(trigger: EventTrigger) -> Self {
        let EventTrigger { id, name, rules, enabled, acts_for, counts, last_at, .. } = trigger;
        let TriggerRules { subjects, filter, starts, input, own_events, per_minute } = rules;
        let TriggerCounts { started, dropped, failed } = counts;
        Self {
            id,
            name,
            subjects,
            filter,
            starts: starts.into(),
            input,
            own_events,
            per_minute,
            enabled,
            acts_for: acts_for.into(),
            counts: TriggerCountsView { started, dropped, failed },
            last_at: last_at.map(Time::from),
            version: trigger.version,
            created_at: trigger.created_at.into(),
            updated_at: trigger.updated_at.into(),
        }
    }
}

impl From<Firing> for FiringView {
    fn from(firing: Firing) -> Self {
        let Firing { position, at, event_type, subject, event_run_id, outcome, run_id, why } =
            firing;
        Self {
            position,
            at: at.into(),
            event_type,
            subject,
            event_run_id,
            outcome: match outcome {
                FiringOutcome::Started => FiringOutcomeWord::Started,
                FiringOutcome::Dropped => FiringOutcomeWord::Dropped,
                FiringOutcome::Failed => FiringOutcomeWord::Failed,
            },
            run_id,
            why: why.map(NotStartedView::from),
        }
    }
}
