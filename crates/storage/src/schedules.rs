//! Schedules: what is due, and the one step by which a slot is handled.

pub mod fires;

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ApiKeyId, ProjectId, ScheduleId, Timestamp};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    statement::{Query, Write, statements},
};

/// Names the failure of a step of a schedule that somebody else has done, or that was changed meanwhile.
pub const MOVED_ON_CONSTRAINT: &str = "schedules_still_at";

row! {
    /// A schedule.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ScheduleRow {
        /// Its id.
        pub id: ScheduleId as Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// Its name.
        pub name: String,
        /// Rises with each change.
        pub version: u64,
        /// For whom its runs act.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
        /// The API key of whoever changed it last, if it was one.
        pub api_key_id: Option<ApiKeyId> as Option<Uuid> => |id| Some(id.map(ApiKeyId::from_uuid)),
        /// When it fires, as JSON.
        pub timing: String,
        /// By which policies, as JSON.
        pub policy: String,
        /// What it starts, as JSON.
        pub action: String,
        /// Since when it is paused.
        pub paused_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// The next time that it stands for.
        pub next_slot: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// When it is looked at next.
        pub due_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// How many slots have fired.
        pub fires: u64,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was changed last.
        pub updated_at: Timestamp as i64,
    }
}

/// A schedule as it is written.
#[derive(Debug, Clone)]
pub struct PutSchedule {
    /// Its id.
    pub id: ScheduleId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its name.
    pub name: String,
    /// For whom its runs act.
    pub actor: Actor,
    /// The API key of who writes it, if it is one.
    pub api_key_id: Option<ApiKeyId>,
    /// When it fires, as JSON.
    pub timing: String,
    /// By which policies, as JSON.
    pub policy: String,
    /// What it starts, as JSON.
    pub action: String,
    /// Where it stands.
    pub next: Next,
    /// Whether the end of a run of it is something to look at.
    pub heeds_ends: bool,
    /// The present time.
    pub now: Timestamp,
}

/// Where a schedule stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Next {
    /// The next time that it stands for.
    pub slot: Option<Timestamp>,
    /// When it is looked at next.
    pub due: Option<Timestamp>,
}

/// A schedule as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// Its version then.
    pub version: u64,
}

/// One step of a schedule: past one slot, to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// Its version when it was read: nothing happens if it was changed since, even where the next slot is the same.
    pub version: u64,
    /// Where it stood: the slot that is handled, or one that was a slot by rules of a time zone that have changed.
    /// Nothing happens if the schedule stands elsewhere, or is paused.
    pub from: Timestamp,
    /// The next slot; none once there is none.
    pub to: Option<Timestamp>,
    /// How many slots had fired before it. Nothing happens if these are others: which slot is the last one that
    /// may fire hangs on that.
    pub fired: u64,
    /// Whether the slot fires.
    pub fires: bool,
}

macro_rules! columns {
    () => {
        "id, project_id, name, version, actor, api_key_id, timing, policy, action, paused_at, next_slot, \
         due_at, fires, created_at, updated_at"
    };
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!("SELECT ", columns!(), " FROM schedules ", $rest))
    };
}

/// None for a schedule of a closed project.
macro_rules! due_if_open {
    () => {
        "CASE WHEN NOT EXISTS (SELECT 1 FROM projects WHERE projects.id = schedules.project_id \
         AND closed_at IS NOT NULL) THEN CAST($2 AS bigint) END"
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO schedules (id, project_id, name, version, actor, api_key_id, timing, policy, action, \
           next_slot, due_at, heeds_ends, fires, created_at, updated_at) \
         VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $12)"
    );
    UPDATE = Sql::both(
        "UPDATE schedules SET name = $3, actor = $4, api_key_id = $5, timing = $6, policy = $7, \
           action = $8, next_slot = $9, due_at = CASE WHEN paused_at IS NULL THEN CAST($10 AS bigint) END, \
           heeds_ends = $11, updated_at = $12, version = version + 1 \
         WHERE id = $1 AND project_id = $2 AND version = $13"
    );
    PAUSE = Sql::both(
        "UPDATE schedules SET paused_at = $3, due_at = NULL, version = version + 1, updated_at = $3 \
         WHERE id = $1 AND project_id = $2 AND paused_at IS NULL"
    );
    RESUME = Sql::both(
        "UPDATE schedules SET paused_at = NULL, next_slot = $3, due_at = $4, version = version + 1, \
           updated_at = $5 \
         WHERE id = $1 AND project_id = $2 AND paused_at IS NOT NULL"
    );
    DELETE = Sql::both("DELETE FROM schedules WHERE id = $1 AND project_id = $2");
    FIND -> ScheduleRow = select!("WHERE id = $1 AND project_id = $2");
    FIND_NAMED -> ScheduleRow = select!("WHERE project_id = $1 AND name = $2");
    LIST -> ScheduleRow = select!("WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    COUNT = Sql::both("SELECT COUNT(*) FROM schedules WHERE project_id = $1");
    /// Whoever looks at due schedules takes them for a while: others do not look at the same ones. What
    /// keeps a slot from firing twice is [`ADVANCE`]. Nobody acts in a project that was closed: its schedules are
    /// not due any more from then on, so that none is found again.
    TAKE_DUE -> ScheduleRow = Sql::each(
        concat!(
            "UPDATE schedules SET due_at = ", due_if_open!(), " WHERE id IN ( \
               SELECT id FROM schedules WHERE due_at <= $1 ORDER BY due_at LIMIT $3) \
             RETURNING ", columns!()
        ),
        concat!(
            "UPDATE schedules SET due_at = ", due_if_open!(), " WHERE id IN ( \
               SELECT id FROM schedules WHERE due_at <= $1 ORDER BY due_at LIMIT $3 \
               FOR UPDATE SKIP LOCKED) \
             RETURNING ", columns!()
        ),
    );
    NEXT_DUE = Sql::both("SELECT MIN(due_at) FROM schedules WHERE due_at IS NOT NULL");
    /// When it is looked at next stays: whoever goes past a slot is looking at it, and says so at the end.
    ADVANCE = Sql::both(
        "UPDATE schedules SET next_slot = $3, fires = fires + $4 \
         WHERE id = $1 AND next_slot = $2 AND paused_at IS NULL AND version = $5 AND fires = $6"
    );
    /// What has waited was refused: it does not count, and where it was the last that might fire there is a next slot.
    UNCOUNT = Sql::both(
        "UPDATE schedules SET fires = fires - 1, next_slot = COALESCE(next_slot, CAST($2 AS bigint)), \
           due_at = CASE WHEN paused_at IS NULL THEN CAST($3 AS bigint) END \
         WHERE id = $1 AND fires > 0"
    );
    /// Whoever starts a run of it waits for whoever does so as well.
    HOLD = Sql::both("UPDATE schedules SET fires = fires WHERE id = $1");
    /// Leaves alone what was paused or moved on meanwhile.
    LOOK_AT = Sql::both(
        "UPDATE schedules SET due_at = $3 \
         WHERE id = $1 AND paused_at IS NULL AND due_at = $2"
    );
    /// A run of it has ended.
    HEED = Sql::both(
        "UPDATE schedules SET due_at = $2 \
         WHERE id = $1 AND heeds_ends AND paused_at IS NULL AND (due_at IS NULL OR due_at > $2)"
    );
    /// Whoever starts what was put off finds the schedule as it was read, and holds it as well.
    STANDS = Sql::both(
        "UPDATE schedules SET fires = fires WHERE id = $1 AND version = $2 AND paused_at IS NULL"
    );
    /// Something waits of it: it is looked at now, if it is not paused.
    LOOK_NOW = Sql::both(
        "UPDATE schedules SET due_at = CASE WHEN paused_at IS NULL THEN CAST($2 AS bigint) END WHERE id = $1"
    );
}

/// Makes a schedule. A name that is taken violates `schedules_project_id_name_key`.
pub fn insert(schedule: &PutSchedule) -> Write {
    Write::new(INSERT, put_params(schedule))
}

/// Changes a schedule, if it is still at `version`. Touches one row or none.
pub fn update(schedule: &PutSchedule, version: u64) -> Write {
    let mut values = put_params(schedule);
    values.extend(params![i64::try_from(version).unwrap_or(i64::MAX)]);
    Write::new(UPDATE, values)
}

fn put_params(schedule: &PutSchedule) -> Vec<gathering_database::Value> {
    let PutSchedule { id, project_id, name, actor, timing, policy, action, next, now, .. } =
        schedule;
    params![
        id.uuid(),
        project_id.uuid(),
        name.as_str(),
        actor_text(*actor),
        schedule.api_key_id.map(ApiKeyId::uuid),
        timing.as_str(),
        policy.as_str(),
        action.as_str(),
        next.slot.map(Timestamp::micros),
        next.due.map(Timestamp::micros),
        schedule.heeds_ends,
        now.micros(),
    ]
}

/// Pauses a schedule. Touches no row if it is paused.
pub fn pause(project_id: ProjectId, id: ScheduleId, now: Timestamp) -> Write {
    Write::new(PAUSE, params![id.uuid(), project_id.uuid(), now.micros()])
}

/// Lets a schedule go on. Touches no row if it is not paused.
pub fn resume(project_id: ProjectId, id: ScheduleId, next: Next, now: Timestamp) -> Write {
    let (slot, due) = (next.slot.map(Timestamp::micros), next.due.map(Timestamp::micros));
    Write::new(RESUME, params![id.uuid(), project_id.uuid(), slot, due, now.micros()])
}

/// Removes a schedule. Its fires stay until they are old.
pub fn delete(project_id: ProjectId, id: ScheduleId) -> Write {
    Write::new(DELETE, params![id.uuid(), project_id.uuid()])
}

/// The schedule of that id.
pub fn find(project_id: ProjectId, id: ScheduleId) -> Query<ScheduleRow> {
    Query::new(FIND, params![id.uuid(), project_id.uuid()])
}

/// The schedule of that name.
pub fn find_named(project_id: ProjectId, name: &str) -> Query<ScheduleRow> {
    Query::new(FIND_NAMED, params![project_id.uuid(), name])
}

/// Schedules of a project after one, in the order in which they were made.
pub fn list(project_id: ProjectId, after: Uuid, limit: u32) -> Query<ScheduleRow> {
    Query::new(LIST, params![project_id.uuid(), after, limit])
}

/// How many schedules a project has.
pub fn count(project_id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid()])
}

/// Takes due schedules, the longest due ones first as far as there are many, so that nobody else looks at
/// them before `until`. Those of closed projects are due no more after this, as their rows say.
pub fn take_due(now: Timestamp, until: Timestamp, limit: u32) -> Query<ScheduleRow> {
    Query::new(TAKE_DUE, params![now.micros(), until.micros(), limit])
}

/// When the next one is due.
pub fn next_due() -> Query<(Option<i64>,)> {
    Query::new(NEXT_DUE, params![])
}

/// Goes past a slot. Touches no row if the schedule was paused, changed or moved on meanwhile, or has fired more
/// or less often.
pub fn advance(step: Advance) -> Write {
    let Advance { schedule_id, version, from, to, fired, fires } = step;
    let slot = to.map(Timestamp::micros);
    let [version, fired] = [version, fired].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    let fires = i64::from(fires);
    Write::new(ADVANCE, params![schedule_id.uuid(), from.micros(), slot, fires, version, fired])
}

/// Takes a slot out of the count that was to fire and is refused, and has the schedule looked at: it goes on with
/// `next` if it had none left.
pub fn uncount(id: ScheduleId, next: Option<Timestamp>, now: Timestamp) -> Write {
    Write::new(UNCOUNT, params![id.uuid(), next.map(Timestamp::micros), now.micros()])
}

/// Keeps others from starting a run of the schedule before this transaction has ended.
pub fn hold(id: ScheduleId) -> Write {
    Write::new(HOLD, params![id.uuid()])
}

/// Sets when a schedule is looked at next, if nothing has set it since it was taken until `taken`.
pub fn look_at(id: ScheduleId, taken: Timestamp, due: Option<Timestamp>) -> Write {
    Write::new(LOOK_AT, params![id.uuid(), taken.micros(), due.map(Timestamp::micros)])
}

/// Has a schedule looked at because a run of it ends, where it cares.
pub(crate) fn heed(id: ScheduleId, now: Timestamp) -> Write {
    Write::new(HEED, params![id.uuid(), now.micros()])
}

/// Keeps others from starting a run of the schedule before this transaction has ended. Touches no row if it was
/// paused, changed or removed since it was read.
pub(crate) fn stands(standing: Standing) -> Write {
    let version = i64::try_from(standing.version).unwrap_or(i64::MAX);
    Write::new(STANDS, params![standing.schedule_id.uuid(), version])
}

/// Has a schedule looked at now, unless it is paused. Touches no row if it was removed.
pub fn look_now(id: ScheduleId, now: Timestamp) -> Write {
    Write::new(LOOK_NOW, params![id.uuid(), now.micros()])
}
