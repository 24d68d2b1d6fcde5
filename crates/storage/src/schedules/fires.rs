//! Fires: what became of each slot of a schedule.

use gathering_database::{Sql, Value, params, row};
use gathering_domain::{FireId, RunId, RunStatus, ScheduleId, Timestamp};
use uuid::Uuid;

use super::{Advance, Standing};
use crate::{
    column,
    statement::{Query, Write, statements},
};

/// What became of a slot, as far as the schedule knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FireStatus {
    /// Its run was started; how that goes is the run's.
    Started,
    /// It waits for the end of the run before.
    Queued,
    /// Its run has failed, and is tried again.
    Retrying,
    /// Its run has ended.
    Ended,
    /// The run before was still under way.
    Skipped,
    /// Nothing could fire at its time, and it was too late then.
    Missed,
    /// What was to be started could not be.
    Refused,
}

row! {
    /// A fire, with its run as it is now.
    #[derive(Debug, Clone, PartialEq)]
    pub struct FireRow {
        /// Its id.
        pub id: FireId as Uuid,
        /// Its schedule.
        pub schedule_id: ScheduleId as Uuid,
        /// The time that it stands for.
        pub slot: Timestamp as i64,
        /// Whether somebody started it by hand.
        pub manual: bool,
        /// What became of it.
        pub status: FireStatus as String => |word| FireStatus::from_word(&word),
        /// Which run it is of those that were tried for it, from 1.
        pub attempt: u32,
        /// Its present run.
        pub run_id: Option<RunId> as Option<Uuid> => |id| Some(id.map(RunId::from_uuid)),
        /// When the next one is tried.
        pub retry_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// How many slots were missed.
        pub missed: u64,
        /// The last of them.
        pub missed_until: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// Why nothing was started, as JSON.
        pub error: Option<String>,
        /// Whether the runs before it are still to be cancelled for it.
        pub cancels: bool,
        /// When it was handled.
        pub created_at: Timestamp as i64,
        /// Whether something may still come of it.
        pub is_open: bool,
        /// Where its run is.
        pub run_status: Option<RunStatus> as Option<String> => |text| column::word(text, RunStatus::from_word),
        /// When its run ended.
        pub run_finished_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
    }
}

/// A fire as it comes into being.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFire {
    /// Its id.
    pub id: FireId,
    /// Its schedule.
    pub schedule_id: ScheduleId,
    /// The time that it stands for.
    pub slot: Timestamp,
    /// Whether somebody starts it by hand.
    pub manual: bool,
    /// What becomes of it.
    pub status: FireStatus,
    /// How many slots were missed, and the last of them.
    pub missed: Option<(u64, Timestamp)>,
    /// Why nothing is started, as JSON.
    pub error: Option<String>,
    /// Whether the runs before it are to be cancelled for it.
    pub cancels: bool,
    /// The present time.
    pub now: Timestamp,
}

/// What the start of a run means for a schedule; it is done with the run, or neither is.
#[derive(Debug, Clone, PartialEq)]
pub enum FireStart {
    /// A fire comes into being with the run.
    New {
        /// The fire.
        fire: NewFire,
        /// The schedule goes past its slot, if it stands for one.
        step: Option<Advance>,
        /// Only if no other run of the schedule is under way, or waits to be.
        alone: bool,
    },
    /// A fire that was queued has its run.
    Queued {
        /// The fire.
        id: FireId,
        /// Its schedule, which must be as it was read.
        standing: Standing,
    },
    /// A fire whose run has failed has another one.
    Again {
        /// The fire.
        id: FireId,
        /// Its schedule, which must be as it was read.
        standing: Standing,
        /// The run that has failed.
        of: RunId,
    },
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT f.id, f.schedule_id, f.slot, f.manual, f.status, f.attempt, f.run_id, f.retry_at, \
             f.missed, f.missed_until, f.error, f.cancels, f.created_at, f.is_open, r.status AS run_status, \
             r.finished_at AS run_finished_at \
             FROM fires f LEFT JOIN runs r ON r.id = f.run_id ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO fires (id, schedule_id, slot, manual, status, attempt, run_id, missed, missed_until, \
           error, created_at, is_open, cancels) \
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12)"
    );
    /// PostgreSQL takes parameters of a `SELECT` for texts, and SQLite would make numbers of what is cast to
    /// its `uuid`.
    INSERT_ALONE = Sql::each(
        "INSERT INTO fires (id, schedule_id, slot, manual, status, attempt, run_id, missed, missed_until, \
           error, created_at, is_open, cancels) \
         SELECT $1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12 \
         WHERE NOT EXISTS (SELECT 1 FROM fires WHERE schedule_id = $2 AND is_open)",
        "INSERT INTO fires (id, schedule_id, slot, manual, status, attempt, run_id, missed, missed_until, \
           error, created_at, is_open, cancels) \
         SELECT CAST($1 AS uuid), CAST($2 AS uuid), CAST($3 AS bigint), CAST($4 AS boolean), \
           CAST($5 AS text), 1, CAST($6 AS uuid), CAST($7 AS bigint), CAST($8 AS bigint), \
           CAST($9 AS text), CAST($10 AS bigint), CAST($11 AS boolean), \
           CAST($12 AS boolean) \
         WHERE NOT EXISTS (SELECT 1 FROM fires WHERE schedule_id = $2 AND is_open)",
    );
    BEGIN_QUEUED = Sql::both(
        "UPDATE fires SET status = 'started', run_id = $2 WHERE id = $1 AND status = 'queued'"
    );
    BEGIN_AGAIN = Sql::both(
        "UPDATE fires SET status = 'started', run_id = $2, retry_at = NULL, attempt = attempt + 1 \
         WHERE id = $1 AND status = 'retrying' AND run_id = $3"
    );
    RETRY_LATER = Sql::both(
        "UPDATE fires SET status = 'retrying', retry_at = $3 \
         WHERE id = $1 AND run_id = $2 AND status = 'started'"
    );
    /// Whoever comes late must not close what has its next run by now.
    CLOSE = Sql::both(
        "UPDATE fires SET status = $2, error = COALESCE($3, error), retry_at = NULL, is_open = false \
         WHERE id = $1 AND is_open AND status = $4 AND run_id IS NOT DISTINCT FROM $5"
    );
    CANCELLED = Sql::both("UPDATE fires SET cancels = false WHERE id = $1");
    WAITS = Sql::both(
        "SELECT COUNT(*) FROM fires WHERE schedule_id = $1 AND is_open AND status = 'queued'"
    );
    ABANDON = Sql::both(
        "UPDATE fires SET is_open = false, cancels = false, retry_at = NULL, \
           status = CASE status WHEN 'queued' THEN 'skipped' WHEN 'retrying' THEN 'ended' ELSE status END \
         WHERE schedule_id = $1 AND is_open"
    );
    OPEN -> FireRow = select!("WHERE f.schedule_id = $1 AND f.is_open ORDER BY f.id LIMIT $2");
    LIST -> FireRow = select!(
        "WHERE f.schedule_id = $1 AND f.id < $2 ORDER BY f.id DESC LIMIT $3"
    );
    FIND -> FireRow = select!("WHERE f.id = $1");
    LAST = Sql::both(
        "SELECT slot, missed_until FROM fires WHERE schedule_id = $1 AND NOT manual \
         ORDER BY slot DESC LIMIT 1"
    );
}

/// Makes a fire without a run. A slot that was handled before violates `fires_slot_key`.
pub fn insert(fire: &NewFire) -> Write {
    Write::new(INSERT, values(fire, None))
}

fn values(fire: &NewFire, run_id: Option<RunId>) -> Vec<Value> {
    let NewFire { id, schedule_id, slot, manual, status, missed, error, cancels, now } = fire;
    let (count, until) = missed.unzip();
    params![
        id.uuid(),
        schedule_id.uuid(),
        slot.micros(),
        *manual,
        status.as_str(),
        run_id.map(RunId::uuid),
        count.map_or(0, |count| i64::try_from(count).unwrap_or(i64::MAX)),
        until.map(Timestamp::micros),
        error.as_deref(),
        now.micros(),
        status.is_open(),
        *cancels,
    ]
}

/// Has a fire wait for another run in place of one that has failed. Touches no row if another one has begun.
pub fn retry_later(id: FireId, run_id: RunId, at: Timestamp) -> Write {
    Write::new(RETRY_LATER, params![id.uuid(), run_id.uuid(), at.micros()])
}

/// Nothing more comes of a fire. Touches no row if that was known, or if it is no more as it was read.
pub fn close(read: &FireRow, status: FireStatus, error: Option<&str>) -> Write {
    let (was, run_id) = (read.status.as_str(), read.run_id.map(RunId::uuid));
    Write::new(CLOSE, params![read.id.uuid(), status.as_str(), error, was, run_id])
}

/// The runs before a fire were cancelled for it.
pub fn cancelled(id: FireId) -> Write {
    Write::new(CANCELLED, params![id.uuid()])
}

/// How many fires of a schedule wait for the end of a run.
pub fn waiting(schedule_id: ScheduleId) -> Query<(u64,)> {
    Query::new(WAITS, params![schedule_id.uuid()])
}

/// Nothing more comes of any fire of a schedule. Runs that are under way go on.
pub fn abandon(schedule_id: ScheduleId) -> Write {
    Write::new(ABANDON, params![schedule_id.uuid()])
}

/// Fires of a schedule of which something may still come, the oldest first.
pub fn open(schedule_id: ScheduleId, limit: u32) -> Query<FireRow> {
    Query::new(OPEN, params![schedule_id.uuid(), limit])
}

/// Fires of a schedule before one, the newest first.
pub fn list(schedule_id: ScheduleId, before: Option<Uuid>, limit: u32) -> Query<FireRow> {
    Query::new(LIST, params![schedule_id.uuid(), before.unwrap_or(Uuid::max()), limit])
}

/// The fire of that id.
pub fn find(id: FireId) -> Query<FireRow> {
    Query::new(FIND, params![id.uuid()])
}

/// The last slot of a schedule that was handled, and the last of those that were missed with it.
pub fn last(schedule_id: ScheduleId) -> Query<(i64, Option<i64>)> {
    Query::new(LAST, params![schedule_id.uuid()])
}

/// What the start of a run writes of its fire; every one of these must find what it expects.
pub(crate) fn begin(start: &FireStart, run_id: RunId) -> Vec<Write> {
    match start {
        FireStart::New { fire, step, alone } => {
            let first = step.map_or_else(|| super::hold(fire.schedule_id), super::advance);
            let insert = if *alone { INSERT_ALONE } else { INSERT };
            let insert = Write::new(insert, values(fire, Some(run_id)));
            vec![first.expecting(1), insert.expecting(1)]
        }
        FireStart::Queued { id, standing } => {
            let begin = Write::new(BEGIN_QUEUED, params![id.uuid(), run_id.uuid()]);
            vec![super::stands(*standing).expecting(1), begin.expecting(1)]
        }
        FireStart::Again { id, standing, of } => {
            let begin = Write::new(BEGIN_AGAIN, params![id.uuid(), run_id.uuid(), of.uuid()]);
            vec![super::stands(*standing).expecting(1), begin.expecting(1)]
        }
    }
}

impl FireStart {
    /// The fire, and its schedule.
    pub const fn of(&self) -> (FireId, ScheduleId) {
        match self {
            Self::New { fire, .. } => (fire.id, fire.schedule_id),
            Self::Queued { id, standing } | Self::Again { id, standing, .. } => {
                (*id, standing.schedule_id)
            }
        }
    }
}

impl FireStatus {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Started,
        Self::Queued,
        Self::Retrying,
        Self::Ended,
        Self::Skipped,
        Self::Missed,
        Self::Refused,
    ];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Queued => "queued",
            Self::Retrying => "retrying",
            Self::Ended => "ended",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
            Self::Refused => "refused",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether something may still come of it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Started | Self::Queued | Self::Retrying)
    }
}
