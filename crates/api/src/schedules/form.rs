//! The form of a schedule's document, as the description of the API has it.
//!
//! The document is read by the types that decide about it; these here are never made.
#![expect(dead_code, reason = "they describe, and are never made")]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// When a schedule fires.
#[derive(Serialize, ToSchema)]
#[schema(as = Timing)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum TimingForm {
    /// By the calendar and the clock of a time zone. A local time that does not exist fires once, when the
    /// clock has been put forward; one that exists twice fires once at fixed times, and twice for what comes
    /// again and again.
    Cron {
        /// Five fields, or six with the second first.
        #[schema(min_length = 1, max_length = 256, example = "0 9 * * MON-FRI")]
        expression: String,
        /// A name of the IANA time zone database; `UTC` if absent.
        #[schema(min_length = 1, max_length = 64, example = "Europe/Paris", nullable = false)]
        zone: Option<String>,
    },
    /// At a fixed rate, whatever runs take.
    Interval {
        /// From `1s` to 366 days.
        #[schema(example = "15m")]
        every: String,
        /// The first slot; 1970-01-01T00:00:00Z if absent.
        #[schema(format = DateTime)]
        anchor: Option<String>,
    },
    /// Once.
    Once {
        /// When.
        #[schema(format = DateTime)]
        at: String,
    },
}

/// What a schedule starts. Texts may hold templates over `input`, which is the fire: `{{ input.slot }}`.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduledAction)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ActionForm {
    /// A run of a stored pipeline.
    Pipeline {
        /// The pipeline.
        pipeline_id: String,
        /// Its input; the fire itself (`schedule`, `slot`, `manual`) if absent.
        input: Option<Value>,
    },
    /// One turn of an agent.
    Agent {
        /// The agent.
        agent_id: String,
        /// What it is to do.
        #[schema(min_length = 1)]
        task: String,
    },
    /// One action, with the settings that a node of a pipeline takes: `http`, `notify`, `emit_event`.
    Action {
        /// `kind`, and what belongs to it.
        #[schema(value_type = Object, example = json!({ "kind": "http", "method": "POST",
            "url": "https://example.com/nightly", "body": { "at": "{{ input.slot }}" } }))]
        config: BTreeMap<String, Value>,
        /// How long an attempt may take.
        #[schema(example = "30s")]
        timeout: Option<String>,
        /// How often it is tried.
        #[schema(value_type = Option<Object>)]
        retry: Option<BTreeMap<String, Value>>,
    },
}

/// What follows when slots were missed because nothing ran.
#[derive(Serialize, ToSchema)]
#[schema(as = Misfire)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MisfireForm {
    /// Nothing.
    Skip {},
    /// One fire makes up for all of them.
    FireOnce {},
    /// All fire, but for those older than a window.
    FireAll {
        /// How old, at most 31 days.
        #[schema(example = "1h")]
        within: String,
    },
}

/// What follows when a slot comes while an earlier run of the schedule is under way.
#[derive(Serialize, ToSchema)]
#[schema(as = Overlap)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OverlapForm {
    /// The slot is left out.
    Skip,
    /// It waits for that run to end; one slot can wait.
    Queue,
    /// It starts beside it.
    Allow,
    /// That run is cancelled.
    CancelPrevious,
}

/// How often and how soon the run of a slot is tried again after it failed.
#[derive(Serialize, ToSchema)]
#[schema(as = FireRetry)]
pub(crate) struct RetryForm {
    /// Runs in all, the first included.
    #[schema(minimum = 1, maximum = 10)]
    attempts: u32,
    /// The wait after the first one failed; one minute if absent.
    #[schema(example = "1m", nullable = false)]
    first_delay: Option<String>,
    /// By what the wait grows each time; 2 if absent.
    #[schema(minimum = 1, maximum = 10, nullable = false)]
    factor: Option<f64>,
    /// The longest wait, at most one day; one hour if absent.
    #[schema(example = "1h", nullable = false)]
    max_delay: Option<String>,
}

/// How a schedule treats its slots.
#[derive(Serialize, ToSchema)]
#[schema(as = SchedulePolicy)]
pub(crate) struct PolicyForm {
    /// `fire_once` if absent.
    #[schema(nullable = false)]
    misfire: Option<MisfireForm>,
    /// `skip` if absent.
    #[schema(nullable = false)]
    overlap: Option<OverlapForm>,
    /// By how much slots are put off at most, up to one hour. Every instance draws the same.
    #[schema(example = "30s", nullable = false)]
    jitter: Option<String>,
    /// The first moment that can be a slot.
    #[schema(format = DateTime)]
    start: Option<String>,
    /// The first moment that cannot be a slot any more.
    #[schema(format = DateTime)]
    end: Option<String>,
    /// After how many fires the schedule has ended.
    #[schema(minimum = 1)]
    max_fires: Option<u64>,
    /// How often a run that failed is tried again.
    retry: Option<RetryForm>,
}

/// A schedule as a person writes it.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduleDocument)]
pub(crate) struct DocumentForm {
    /// Its name: 1 to 120 characters.
    #[schema(example = "Nightly report")]
    name: String,
    /// When it fires.
    timing: TimingForm,
    /// By which policies.
    #[schema(nullable = false)]
    policy: Option<PolicyForm>,
    /// What it starts.
    action: ActionForm,
}
