//! Schedules and fires, as callers see them.

use gathering_domain::{Actor, Failure, FireId, RunId, RunStatus, ScheduleId, Timestamp};
use gathering_schedules::{Policy, Timing, describe, describe_policy};
use gathering_storage::schedules::{
    ScheduleRow,
    fires::{self, FireRow},
};
use serde::de::DeserializeOwned;

use super::{ScheduleDocument, ScheduledAction};
use crate::{Error, Result};

/// A schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// What a person wrote.
    pub document: ScheduleDocument,
    /// Rises with each change.
    pub version: u64,
    /// Whether it fires.
    pub status: ScheduleStatus,
    /// When it fires, in words.
    pub meaning: String,
    /// The next time that it stands for; none while it is paused, or once it has ended.
    pub next_slot: Option<Timestamp>,
    /// How many slots have fired.
    pub fires: u64,
    /// For whom its runs act: whoever changed it last.
    pub actor: Actor,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Whether a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleStatus {
    /// It does.
    Active,
    /// Somebody has paused it.
    Paused,
    /// No slot of it is left.
    Ended,
}

/// A fire: what became of a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Fire {
    /// Its id.
    pub id: FireId,
    /// The time that it stands for.
    pub slot: Timestamp,
    /// Whether somebody started it by hand.
    pub manual: bool,
    /// What became of it.
    pub status: FireStatus,
    /// Its run, the last one of those that were tried.
    pub run_id: Option<RunId>,
    /// Where that is.
    pub run_status: Option<RunStatus>,
    /// How many runs were tried for it.
    pub attempts: u32,
    /// When the next one is.
    pub retry_at: Option<Timestamp>,
    /// Of slots that were missed, how many.
    pub missed: u64,
    /// The last of them.
    pub missed_until: Option<Timestamp>,
    /// Why nothing was started.
    pub error: Option<Failure>,
    /// When it was handled.
    pub created_at: Timestamp,
    /// When its run ended.
    pub finished_at: Option<Timestamp>,
}

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FireStatus {
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

/// What a row holds as JSON.
pub(super) fn stored<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::internal("read a stored schedule", error))
}

impl Schedule {
    pub(super) fn of(row: ScheduleRow) -> Result<Self> {
        let timing: Timing = stored(&row.timing)?;
        let policy: Policy = stored(&row.policy)?;
        let action: ScheduledAction = stored(&row.action)?;
        let status = match (row.paused_at, row.next_slot) {
            (Some(_), _) => ScheduleStatus::Paused,
            (None, None) => ScheduleStatus::Ended,
            (None, Some(_)) => ScheduleStatus::Active,
        };
        let meaning = format!("{}. {}", describe(&timing), describe_policy(&policy));
        Ok(Self {
            id: row.id,
            document: ScheduleDocument { name: row.name, timing, policy, action },
            version: row.version,
            status,
            meaning,
            next_slot: row.next_slot.filter(|_| status == ScheduleStatus::Active),
            fires: row.fires,
            actor: row.actor,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Fire {
    pub(super) fn of(row: FireRow) -> Self {
        let ended = row.run_finished_at.is_some();
        let status = match row.status {
            fires::FireStatus::Started if ended => FireStatus::Ended,
            fires::FireStatus::Started => FireStatus::Running,
            fires::FireStatus::Queued => FireStatus::Queued,
            fires::FireStatus::Retrying => FireStatus::Retrying,
            fires::FireStatus::Ended => FireStatus::Ended,
            fires::FireStatus::Skipped => FireStatus::Skipped,
            fires::FireStatus::Missed => FireStatus::Missed,
            fires::FireStatus::Refused => FireStatus::Refused,
        };
        Self {
            id: row.id,
            slot: row.slot,
            manual: row.manual,
            status,
            run_id: row.run_id,
            run_status: row.run_status,
            attempts: if row.run_id.is_some() { row.attempt } else { 0 },
            retry_at: row.retry_at,
            missed: row.missed,
            missed_until: row.missed_until,
            error: row.error.and_then(|text| serde_json::from_str(&text).ok()),
            created_at: row.created_at,
            finished_at: row.run_finished_at,
        }
    }
}
