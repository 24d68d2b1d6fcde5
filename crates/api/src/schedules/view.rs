//! Schedules and fires, as clients read them.

use gathering_app::schedules::{
    Fire, FireStatus, Policy, Preview, Schedule, ScheduleStatus, ScheduledAction, Timing,
};
use gathering_domain::{FireId, RunId, ScheduleId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::form::{ActionForm, PolicyForm, TimingForm};
use crate::views::{ActorView, FailureView, RunStatusWord, Time};

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(crate) struct ScheduleView {
    /// Its id.
    #[schema(value_type = String, example = "sch_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ScheduleId,
    /// Its name.
    name: String,
    /// When it fires.
    #[schema(value_type = TimingForm)]
    timing: Timing,
    /// By which policies.
    #[schema(value_type = PolicyForm)]
    policy: Policy,
    /// What it starts.
    #[schema(value_type = ActionForm)]
    action: ScheduledAction,
    /// When it fires, in words.
    #[schema(example = "At 09:00 on Monday through Friday, Europe/Paris time.")]
    meaning: String,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// Whether it fires.
    status: ScheduleStatusWord,
    /// The next time that it stands for; `null` while it is paused, or once it has ended.
    next_slot: Option<Time>,
    /// How many slots have fired.
    fires: u64,
    /// For whom its runs act: whoever changed it last, with the rights that they have when it fires.
    actor: ActorView,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// Whether a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ScheduleStatus)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScheduleStatusWord {
    /// It does.
    Active,
    /// Somebody has paused it.
    Paused,
    /// No slot of it is left.
    Ended,
}

/// What became of a slot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fire)]
pub(crate) struct FireView {
    /// Its id.
    #[schema(value_type = String, example = "fir_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: FireId,
    /// The time that it stands for.
    slot: Time,
    /// Whether somebody started it by hand.
    manual: bool,
    /// What became of it.
    status: FireStatusWord,
    /// Its run, the last one of those that were tried.
    #[schema(value_type = Option<String>)]
    run_id: Option<RunId>,
    /// Where that is.
    run_status: Option<RunStatusWord>,
    /// How many runs were tried for it.
    attempts: u32,
    /// When the next one is.
    retry_at: Option<Time>,
    /// Of slots that were missed, how many; at least so many, if they are very many.
    missed: u64,
    /// The last of them.
    missed_until: Option<Time>,
    /// Why nothing was started.
    error: Option<FailureView>,
    /// When it was handled.
    created_at: Time,
    /// When its run ended.
    finished_at: Option<Time>,
}

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FireStatus)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FireStatusWord {
    /// It waits for the end of the run before.
    Queued,
    /// Its run is under way.
    Running,
    /// Its run has failed, and is tried again.
    Retrying,
    /// Its run has ended.
    Ended,
    /// The run before was still under way, and the policy is to leave it out.
    Skipped,
    /// Nothing could fire at its time, and the policy leaves it out.
    Missed,
    /// What was to be started could not be.
    Refused,
}

/// How many slots a preview has.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewQuery {
    /// How many slots; 10 if absent.
    #[param(minimum = 1, maximum = 100)]
    pub(super) count: Option<u32>,
}

/// A timing that is not stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewTimingBody {
    /// When it would fire.
    #[schema(value_type = TimingForm)]
    pub(super) timing: Timing,
    /// By which policies.
    #[serde(default)]
    #[schema(value_type = Option<PolicyForm>, nullable = false)]
    pub(super) policy: Policy,
    /// How many slots; 10 if absent.
    #[schema(minimum = 1, maximum = 100)]
    pub(super) count: Option<u32>,
}

/// What a timing means.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimingPreview)]
pub(crate) struct PreviewView {
    /// In words.
    meaning: String,
    /// The next slots, without jitter; fewer than were asked for if no more come.
    slots: Vec<Time>,
}

impl From<Schedule> for ScheduleView {
    fn from(schedule: Schedule) -> Self {
        let document = schedule.document;
        Self {
            id: schedule.id,
            name: document.name,
            timing: document.timing,
            policy: document.policy,
            action: document.action,
            meaning: schedule.meaning,
            version: schedule.version,
            status: match schedule.status {
                ScheduleStatus::Active => ScheduleStatusWord::Active,
                ScheduleStatus::Paused => ScheduleStatusWord::Paused,
                ScheduleStatus::Ended => ScheduleStatusWord::Ended,
            },
            next_slot: schedule.next_slot.map(Time::from),
            fires: schedule.fires,
            actor: schedule.actor.into(),
            created_at: schedule.created_at.into(),
            updated_at: schedule.updated_at.into(),
        }
    }
}

impl From<Fire> for FireView {
    fn from(fire: Fire) -> Self {
        Self {
            id: fire.id,
            slot: fire.slot.into(),
            manual: fire.manual,
            status: match fire.status {
                FireStatus::Queued => FireStatusWord::Queued,
                FireStatus::Running => FireStatusWord::Running,
                FireStatus::Retrying => FireStatusWord::Retrying,
                FireStatus::Ended => FireStatusWord::Ended,
                FireStatus::Skipped => FireStatusWord::Skipped,
                FireStatus::Missed => FireStatusWord::Missed,
                FireStatus::Refused => FireStatusWord::Refused,
            },
            run_id: fire.run_id,
            run_status: fire.run_status.map(RunStatusWord::from),
            attempts: fire.attempts,
            retry_at: fire.retry_at.map(Time::from),
            missed: fire.missed,
            missed_until: fire.missed_until.map(Time::from),
            error: fire.error.map(FailureView::from),
            created_at: fire.created_at.into(),
            finished_at: fire.finished_at.map(Time::from),
        }
    }
}

impl From<Preview> for PreviewView {
    fn from(preview: Preview) -> Self {
        let Preview { meaning, slots } = preview;
        Self { meaning, slots: slots.into_iter().map(Timestamp::into).collect() }
    }
}
