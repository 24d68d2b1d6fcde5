//! Claims within limits: which due runs find a place of each of their keys, and how they take it.
//!
//! Invariant: claims of runs in lanes go one after the other over all instances, under [`LOCK`], and
//! nothing else gives places out. What is counted under the lock can only fall meanwhile: a place is free
//! when its run is not owned any more, or has ended, without another word.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use gathering_database::{Reader, Sql, Statement, Unit, params, row};
use gathering_domain::{InstanceId, Timestamp};
use uuid::Uuid;

use super::ClaimedRun;
use super::claim::DueRank;
use super::limits::{Lane, RunLimit};
use crate::statement::statements;
use crate::{Result, StorageError};

/// Pairs of lane and priority that one claim looks into: those that go first.
const LEVELS_MAX: i64 = 256;
/// Runs whose time is over that one claim takes.
const OVERDUE_MAX: i64 = 256;

row! {
    /// A due run that has a lane in which there is room, or none any more because its time is over.
    pub(super) struct Candidate {
        id: Uuid,
        lane: Option<String>,
        priority: i64,
        runnable_at: i64,
    }

    /// How many runs of a key hold a place.
    struct Held {
        limit_key: String,
        held: i64,
    }
}

/// The places of a key that count: `slots` joined with their runs, `o`.
macro_rules! held {
    () => {
        "slots JOIN runs AS o ON o.id = slots.run_id AND o.finished_at IS NULL \
           AND (slots.until_end OR o.owner IS NOT NULL)"
    };
}

/// Distinct pairs of lane and priority in which runs wait, due or not, each with the time of the run that
/// is due first. Walks them one by one, by the first run of each: there may be any number of runs in a
/// lane, most of which may wait for a time that is far away.
macro_rules! levels {
    () => {
        "WITH RECURSIVE levels(lane, priority, runnable_at) AS ( \
           SELECT * FROM (SELECT lane, priority, runnable_at FROM runs \
             WHERE owner IS NULL AND runnable_at IS NOT NULL AND lane IS NOT NULL \
             ORDER BY lane, priority, runnable_at LIMIT 1) AS first_level \
           UNION ALL \
           SELECT next_level.lane, next_level.priority, next_level.runnable_at \
           FROM levels JOIN runs AS next_level ON next_level.id = COALESCE( \
             (SELECT id FROM runs WHERE owner IS NULL AND runnable_at IS NOT NULL \
                AND lane = levels.lane AND priority > levels.priority \
              ORDER BY lane, priority, runnable_at LIMIT 1), \
             (SELECT id FROM runs WHERE owner IS NULL AND runnable_at IS NOT NULL \
                AND lane > levels.lane \
              ORDER BY lane, priority, runnable_at LIMIT 1))), "
    };
}

/// Runs whose time is over, as candidates without a lane.
macro_rules! overdue {
    () => {
        " UNION ALL SELECT * FROM (SELECT id, CAST(NULL AS text) AS lane, priority, \
             deadline_at AS runnable_at FROM runs \
           WHERE owner IS NULL AND lane IS NOT NULL AND finished_at IS NULL \
             AND deadline_at IS NOT NULL AND deadline_at <= $1 ORDER BY deadline_at LIMIT $4) AS overdue"
    };
}

statements! {
    /// The first due runs of the lanes in which there is room, of those that go first. Full lanes are
    /// passed over: there may be any number of them, and they must not be in the way of others.
    CANDIDATES -> Candidate = Sql::each(
        concat!(levels!(), "open(lane, priority) AS ( \
           SELECT lane, priority FROM levels WHERE runnable_at <= $1 AND NOT EXISTS ( \
             SELECT 1 FROM json_each(levels.lane, '$.limits') AS l WHERE l.value ->> 'max' <= ( \
               SELECT COUNT(*) FROM ", held!(), " WHERE slots.limit_key = l.value ->> 'key')) \
           ORDER BY priority DESC, lane ->> 'begun' DESC, runnable_at LIMIT $2) \
         SELECT due.id AS id, due.lane AS lane, due.priority AS priority, \
           due.runnable_at AS runnable_at \
         FROM open CROSS JOIN runs AS due WHERE due.id IN ( \
           SELECT id FROM runs AS r WHERE r.lane = open.lane AND r.priority = open.priority \
             AND r.owner IS NULL AND r.runnable_at IS NOT NULL AND r.runnable_at <= $1 \
           ORDER BY r.runnable_at LIMIT $3)", overdue!()),
        concat!(levels!(), "counted AS ( \
           SELECT lane, priority, runnable_at, (SELECT MIN(CAST(l ->> 'max' AS bigint) - ( \
               SELECT COUNT(*) FROM ", held!(), " WHERE slots.limit_key = l ->> 'key')) \
             FROM jsonb_array_elements(CAST(lane AS jsonb) -> 'limits') AS l) AS room \
           FROM levels WHERE runnable_at <= $1), \
         open AS (SELECT * FROM counted WHERE room > 0 \
           ORDER BY priority DESC, CAST(CAST(lane AS jsonb) ->> 'begun' AS boolean) DESC, runnable_at \
           LIMIT $2) \
         SELECT due.id AS id, due.lane AS lane, due.priority AS priority, \
           due.runnable_at AS runnable_at \
         FROM open CROSS JOIN LATERAL ( \
           SELECT id, lane, priority, runnable_at FROM runs \
           WHERE lane = open.lane AND priority = open.priority AND owner IS NULL \
             AND runnable_at IS NOT NULL AND runnable_at <= $1 \
           ORDER BY runnable_at LIMIT LEAST(open.room, $3)) AS due", overdue!()),
    );
    HELD -> Held = Sql::each(
        concat!("SELECT slots.limit_key AS limit_key, COUNT(*) AS held FROM ", held!(),
            " WHERE slots.limit_key IN (SELECT value FROM json_each($1)) GROUP BY slots.limit_key"),
        concat!("SELECT slots.limit_key AS limit_key, COUNT(*) AS held FROM ", held!(),
            " WHERE slots.limit_key IN ( \
              SELECT jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) \
            GROUP BY slots.limit_key"),
    );
    LOCK = Sql::each("SELECT 1 WHERE 1 = 0", "SELECT pg_advisory_xact_lock(7161700171)");
    /// Removes what does not count any more, so that from here on the rows of a key are its count. Keys
    /// that nobody asks for again are left to [`super::places`].
    SWEEP = Sql::each(
        "DELETE FROM slots WHERE limit_key IN (SELECT value FROM json_each($1)) AND NOT EXISTS ( \
           SELECT 1 FROM runs WHERE runs.id = slots.run_id AND runs.finished_at IS NULL \
             AND (slots.until_end OR runs.owner IS NOT NULL))",
        "DELETE FROM slots WHERE limit_key IN ( \
           SELECT jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) AND NOT EXISTS ( \
           SELECT 1 FROM runs WHERE runs.id = slots.run_id AND runs.finished_at IS NULL \
             AND (slots.until_end OR runs.owner IS NOT NULL))",
    );
    CLAIM -> ClaimedRun = Sql::each(
        "UPDATE runs SET owner = $1, status = 'running', waiting = NULL, runnable_at = NULL, \
           claims = claims + 1, started_at = COALESCE(started_at, $2), lane = $5 \
         WHERE id = $3 AND (owner IS NULL AND runnable_at <= $2 AND lane = $4) IS TRUE \
           AND NOT EXISTS ( \
           SELECT 1 FROM json_each($4, '$.limits') AS l WHERE l.value ->> 'max' <= ( \
             SELECT COUNT(*) FROM slots WHERE slots.limit_key = l.value ->> 'key')) \
         RETURNING id, project_id, recoveries, claims",
        "UPDATE runs SET owner = $1, status = 'running', waiting = NULL, runnable_at = NULL, \
           claims = claims + 1, started_at = COALESCE(started_at, $2), lane = $5 \
         WHERE id = $3 AND (owner IS NULL AND runnable_at <= $2 AND lane = $4) IS TRUE \
           AND NOT EXISTS ( \
           SELECT 1 FROM jsonb_array_elements(CAST(CAST($4 AS text) AS jsonb) -> 'limits') AS l \
           WHERE CAST(l ->> 'max' AS bigint) <= ( \
             SELECT COUNT(*) FROM slots WHERE slots.limit_key = l ->> 'key')) \
         RETURNING id, project_id, recoveries, claims",
    );
    /// Notes the places of a run that was just claimed, if it was.
    TAKE = Sql::each(
        "INSERT INTO slots (limit_key, run_id, until_end) \
         SELECT l.value ->> 'key', runs.id, l.value ->> 'until_end' \
         FROM runs CROSS JOIN json_each($2, '$.limits') AS l \
         WHERE runs.id = $1 AND (runs.owner = $3) IS TRUE \
         ON CONFLICT (limit_key, run_id) DO NOTHING",
        "INSERT INTO slots (limit_key, run_id, until_end) \
         SELECT l ->> 'key', runs.id, CAST(l ->> 'until_end' AS boolean) \
         FROM runs CROSS JOIN jsonb_array_elements(CAST(CAST($2 AS text) AS jsonb) -> 'limits') AS l \
         WHERE runs.id = $1 AND (runs.owner = $3) IS TRUE \
         ON CONFLICT (limit_key, run_id) DO NOTHING",
    );
    /// Takes a run whose time is over, without a place: it is only to end.
    CLAIM_OVERDUE -> ClaimedRun = Sql::both(
        "UPDATE runs SET owner = $1, status = 'running', waiting = NULL, runnable_at = NULL, \
           claims = claims + 1, started_at = COALESCE(started_at, $2), lane = NULL \
         WHERE id = $3 AND (owner IS NULL AND lane IS NOT NULL AND finished_at IS NULL \
           AND deadline_at <= $2) IS TRUE \
         RETURNING id, project_id, recoveries, claims"
    );
}

/// Runs that may be claimed beside those without limits, and how many places of their keys are held.
#[derive(Default)]
pub(super) struct Candidates {
    runs: Vec<(Candidate, Option<Lane>)>,
    held: HashMap<String, i64>,
}

/// What one claim is to take.
pub(super) struct Picked {
    /// The best of the candidates that find a place.
    runs: Vec<(Candidate, Option<Lane>)>,
    /// How many of the best runs without limits.
    pub(super) free: u32,
}

impl Candidates {
    /// Reads them.
    pub(super) fn read(reader: &mut Reader<'_>, limit: u32, now: Timestamp) -> Result<Self> {
        let params = params![now.micros(), LEVELS_MAX, limit, OVERDUE_MAX];
        let found: Vec<Candidate> = reader.query(CANDIDATES, params)?;
        if found.is_empty() {
            return Ok(Self::default());
        }
        let mut runs = Vec::with_capacity(found.len());
        for candidate in found {
            let lane = candidate.lane.as_deref().map(|lane| read_lane(candidate.id, lane));
            runs.push((candidate, lane.transpose()?));
        }
        let keys: HashSet<&str> = keys(&runs).collect();
        let keys = serde_json::to_string(&keys).expect("keys are JSON");
        let held: Vec<Held> = reader.query(HELD, params![keys])?;
        let held = held.into_iter().map(|row| (row.limit_key, row.held)).collect();
        Ok(Self { runs, held })
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Chooses up to `limit` runs among them and those without limits: by priority, then what was begun
    /// and stands in a lane, then by age, and of each key no more than have a place. A run without a lane
    /// goes by its age whether it was begun or not: it takes nothing that another one waits for.
    pub(super) fn pick(mut self, free: &[DueRank], limit: u32) -> Picked {
        // One whose time is over stands in its lane as well.
        self.runs.sort_by_key(|(candidate, lane)| (candidate.id, lane.is_some()));
        self.runs.dedup_by_key(|(candidate, _)| candidate.id);
        self.runs.sort_by_key(|(candidate, lane)| {
            let begun = lane.as_ref().is_some_and(|lane| lane.begun);
            rank(candidate.priority, begun, candidate.runnable_at)
        });
        let mut free = free.iter().map(|due| rank(due.priority, false, due.runnable_at)).peekable();
        let mut picked = Picked { runs: Vec::new(), free: 0 };
        let mut left = limit;
        for (candidate, lane) in self.runs {
            let begun = lane.as_ref().is_some_and(|lane| lane.begun);
            let own = rank(candidate.priority, begun, candidate.runnable_at);
            while left > 0 && free.next_if(|other| *other < own).is_some() {
                picked.free += 1;
                left -= 1;
            }
            if left == 0 {
                break;
            }
            let limits = lane.as_ref().map_or(&[] as &[RunLimit], |lane| &lane.limits);
            let has_room = |limit: &RunLimit| {
                self.held.get(&limit.key).copied().unwrap_or(0) < i64::from(limit.max)
            };
            if limits.iter().all(has_room) {
                for limit in limits {
                    *self.held.entry(limit.key.clone()).or_default() += 1;
                }
                picked.runs.push((candidate, lane));
                left -= 1;
            }
        }
        let rest = free.take(left as usize).count();
        picked.free += u32::try_from(rest).unwrap_or(left);
        picked
    }
}

impl Picked {
    /// How many of them stand in lanes.
    pub(super) const fn laned(&self) -> usize {
        self.runs.len()
    }

    /// Takes those of the lanes, each only if there is room at that moment.
    pub(super) fn unit(mut self, instance: InstanceId, now: Timestamp) -> Unit {
        // Locks are taken in order of id, as everywhere.
        self.runs.sort_by_key(|(candidate, _)| candidate.id);
        let keys: HashSet<&str> = keys(&self.runs).collect();
        let keys = serde_json::to_string(&keys).expect("keys are JSON");
        let mut unit = Unit::new().run(LOCK, params![]).run(SWEEP, params![keys]);
        for (candidate, lane) in self.runs {
            let (id, now) = (candidate.id, now.micros());
            if let (Some(lane), Some(text)) = (lane, candidate.lane) {
                let after = lane.after_claim().write();
                let params = params![instance.uuid(), now, id, text.as_str(), after];
                unit.push(Statement::new(CLAIM, params).returning());
                unit.push(Statement::new(TAKE, params![id, text, instance.uuid()]));
            } else {
                let params = params![instance.uuid(), now, id];
                unit.push(Statement::new(CLAIM_OVERDUE, params).returning());
            }
        }
        unit
    }
}

fn rank(priority: i64, begun: bool, runnable_at: i64) -> (Reverse<i64>, bool, i64) {
    (Reverse(priority), !begun, runnable_at)
}

fn keys(runs: &[(Candidate, Option<Lane>)]) -> impl Iterator<Item = &str> {
    runs.iter()
        .filter_map(|(_, lane)| lane.as_ref())
        .flat_map(|lane| lane.limits.iter().map(|limit| limit.key.as_str()))
}

fn read_lane(run_id: Uuid, text: &str) -> Result<Lane> {
    Lane::read(text).map_err(|error| StorageError::corrupt("lane", run_id, error))
}
