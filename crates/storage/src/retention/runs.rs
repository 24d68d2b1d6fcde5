//! Runs that are old: each goes with all that descends from it, or stays.

use gathering_database::{Database, Sql, Unit, params, row};
use gathering_domain::Timestamp;
use uuid::Uuid;

use super::{list, of_ids};
use crate::Result;
use crate::statement::statements;

/// Topmost runs that one step looks at.
const PAGE: u32 = 500;
/// Runs that one transaction removes, except that a tree is never cut.
const RUNS_AT_ONCE: u64 = 1_000;

row! {
    /// A run that is old enough.
    struct Candidate {
        id: Uuid,
        created_at: i64,
    }

    /// How many runs descend from one.
    struct Below {
        id: Uuid,
        runs: u64,
    }
}

/// Which trees are old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trees {
    /// Those that had ended by then.
    pub ended_by: Timestamp,
    /// Those that answer messages, if nobody has written in their thread since then; else they stay.
    pub silent_since: Option<Timestamp>,
}

/// How far a walk over all runs has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunsWalk(Option<Place>);

/// The last run that a walk has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    project: Uuid,
    created_at: i64,
    id: Uuid,
}

impl Place {
    const fn before_all(project: Uuid) -> Self {
        Self { project, created_at: i64::MIN, id: Uuid::nil() }
    }
}

/// What must hold of the topmost run `r` that it may go: it and all that descends from it have ended by
/// `$2`, and nothing of it is needed any more. An effect whose outcome nobody knows waits for a person; a
/// retry reads what it has taken over, also one that a schedule is to begin; a message of a thread in which
/// somebody wrote after `$3` needs its answer.
macro_rules! is_old {
    () => {
        " AND r.parent_run_id IS NULL AND r.finished_at IS NOT NULL AND r.finished_at <= $2 \
         AND NOT EXISTS (SELECT 1 FROM runs c WHERE c.root_run_id = r.id \
           AND c.parent_run_id IS NOT NULL AND (c.finished_at IS NULL OR c.finished_at > $2)) \
         AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.run_id = r.id AND e.state = 'unknown') \
         AND NOT EXISTS (SELECT 1 FROM runs c JOIN effects e ON e.run_id = c.id \
           WHERE c.root_run_id = r.id AND c.parent_run_id IS NOT NULL AND e.state = 'unknown') \
         AND NOT EXISTS (SELECT 1 FROM runs n WHERE n.retry_of = r.id \
           AND (n.finished_at IS NULL OR n.finished_at > $2)) \
         AND NOT EXISTS (SELECT 1 FROM fires f WHERE f.is_open AND f.status = 'retrying' AND f.run_id = r.id) \
         AND NOT EXISTS (SELECT 1 FROM messages m JOIN messages n ON n.thread_id = m.thread_id \
           WHERE m.run_id = r.first_run_id AND n.created_at > $3)"
    };
}

/// The runs that are being removed of the trees of a list.
macro_rules! of_trees {
    ($before:expr, $after:expr) => {
        of_ids!(
            concat!($before, " IN (SELECT run_id FROM removed_runs WHERE root_run_id IN"),
            concat!(")", $after)
        )
    };
}

/// The first runs of the chains of retries to which the topmost runs of a list belong.
macro_rules! of_chains {
    ($before:expr, $after:expr) => {
        of_ids!(
            concat!(
                $before,
                " IN (SELECT first_run_id FROM removed_runs WHERE run_id = root_run_id AND run_id IN"
            ),
            concat!(")", $after)
        )
    };
}

statements! {
    FIRST_PROJECT -> (Uuid,) =
        Sql::both("SELECT project_id FROM runs ORDER BY project_id LIMIT 1");
    NEXT_PROJECT -> (Uuid,) = Sql::both(
        "SELECT project_id FROM runs WHERE project_id > $1 ORDER BY project_id LIMIT 1"
    );
    CANDIDATES -> Candidate = Sql::both(
        "SELECT id, created_at FROM runs WHERE project_id = $1 AND (created_at, id) > ($2, $3) \
           AND created_at <= $4 AND finished_at IS NOT NULL AND finished_at <= $4 \
           AND parent_run_id IS NULL \
         ORDER BY created_at, id LIMIT $5"
    );
    OLD -> (Uuid,) = of_ids!("SELECT r.id FROM runs r WHERE r.id IN", concat!(is_old!(), " ORDER BY r.created_at"));
    BELOW -> Below = of_ids!(
        "SELECT root_run_id AS id, COUNT(*) AS runs FROM runs WHERE parent_run_id IS NOT NULL \
           AND root_run_id IN",
        "GROUP BY root_run_id"
    );
    /// Whoever begins a retry holds the run that it retries: what follows sees whether there is one.
    HOLD = Sql::each(
        "SELECT 1 WHERE $1 IS NULL",
        "SELECT 1 FROM runs WHERE id IN (SELECT CAST(value AS uuid) FROM \
           jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) ORDER BY id FOR UPDATE",
    );
    MARK = of_ids!(
        "INSERT INTO removed_runs (run_id, root_run_id, first_run_id, removed_at) \
         SELECT r.id, r.id, r.first_run_id, CAST($4 AS bigint) FROM runs r WHERE r.id IN",
        concat!(is_old!(), " ON CONFLICT (run_id) DO NOTHING")
    );
    MARK_BELOW = of_ids!(
        "INSERT INTO removed_runs (run_id, root_run_id, first_run_id, removed_at) \
         SELECT c.id, c.root_run_id, c.first_run_id, CAST($2 AS bigint) FROM runs c \
         WHERE c.parent_run_id IS NOT NULL AND c.root_run_id IN ( \
           SELECT run_id FROM removed_runs WHERE run_id IN",
        ") ON CONFLICT (run_id) DO NOTHING"
    );
    /// So that their payloads are found when what is left is cleared.
    KEEP_HASHES = of_trees!(
        "INSERT INTO blob_refs (run_id, hash) SELECT run_id, hash FROM artifacts WHERE run_id",
        " ON CONFLICT (run_id, hash) DO NOTHING"
    );
    BYTES = of_trees!(
        "UPDATE project_use SET artifact_bytes = artifact_bytes - COALESCE(( \
           SELECT CAST(SUM(size) AS bigint) FROM artifacts WHERE run_id",
        "), 0) WHERE project_id = $2"
    );
    ARTIFACTS = of_trees!("DELETE FROM artifacts WHERE run_id", "");
    EFFECTS = of_trees!("DELETE FROM effects WHERE run_id", "");
    DECIDERS = of_trees!(
        "DELETE FROM approval_deciders WHERE approval_id IN (SELECT id FROM approvals WHERE run_id", ")"
    );
    APPROVALS = of_trees!("DELETE FROM approvals WHERE run_id", "");
    INBOX = of_trees!("DELETE FROM inbox WHERE run_id", "");
    GRANTS = of_trees!("DELETE FROM budget_grants WHERE run_id", "");
    BUDGETS = of_trees!("DELETE FROM run_budgets WHERE root_run_id", "");
    RUNS = of_trees!("DELETE FROM runs WHERE id", "");
    /// After the runs: a message goes with the last of those that answer it.
    MESSAGES = of_chains!(
        "DELETE FROM messages WHERE run_id",
        " AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = messages.run_id) \
         AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.first_run_id = messages.run_id \
           AND runs.retry_of IS NOT NULL)"
    );
    /// Before the messages: a thread goes with the last of them.
    THREADS = of_chains!(
        "DELETE FROM threads WHERE id IN (SELECT thread_id FROM messages WHERE run_id",
        ") AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = threads.id AND ( \
           EXISTS (SELECT 1 FROM runs WHERE runs.id = m.run_id) \
           OR EXISTS (SELECT 1 FROM runs WHERE runs.first_run_id = m.run_id AND runs.retry_of IS NOT NULL)))"
    );
}

/// Removes old trees among the next topmost runs of a walk, each whole or not at all. Says how many runs
/// went, and where to go on; nothing once it has seen the last one.
pub async fn remove_runs(
    database: &Database,
    trees: Trees,
    from: RunsWalk,
    now: Timestamp,
) -> Result<(u64, Option<RunsWalk>)> {
    let walk = match from.0 {
        Some(place) => place,
        None => match database.query_opt::<(Uuid,)>(FIRST_PROJECT, Vec::new()).await? {
            Some((project,)) => Place::before_all(project),
            None => return Ok((0, None)),
        },
    };
    let until = trees.ended_by.micros();
    let params = params![walk.project, walk.created_at, walk.id, until, PAGE];
    let page: Vec<Candidate> = database.query(CANDIDATES, params).await?;
    let next = match page.last() {
        Some(last) if page.len() == PAGE as usize => {
            Some(Place { created_at: last.created_at, id: last.id, ..walk })
        }
        _ => {
            let next = database.query_opt::<(Uuid,)>(NEXT_PROJECT, params![walk.project]).await?;
            next.map(|(project,)| Place::before_all(project))
        }
    };
    let mut removed = 0;
    for chunk in old(database, trees, page.iter().map(|candidate| candidate.id)).await? {
        removed += remove(database, trees, (walk.project, &chunk), now).await?;
    }
    Ok((removed, next.map(|next| RunsWalk(Some(next)))))
}

/// Those of the runs that are old, in portions for one transaction each.
async fn old(
    database: &Database,
    trees: Trees,
    runs: impl ExactSizeIterator<Item = Uuid>,
) -> Result<Vec<Vec<Uuid>>> {
    if runs.len() == 0 {
        return Ok(Vec::new());
    }
    let params = params![list(runs), trees.ended_by.micros(), silent(trees)];
    let old: Vec<(Uuid,)> = database.query(OLD, params).await?;
    let below: Vec<Below> =
        database.query(BELOW, params![list(old.iter().map(|(id,)| *id))]).await?;
    let (mut portions, mut portion, mut size) = (Vec::new(), Vec::new(), 0);
    for (id,) in old {
        let runs = 1 + below.iter().find(|below| below.id == id).map_or(0, |below| below.runs);
        if size + runs > RUNS_AT_ONCE && !portion.is_empty() {
            portions.push(std::mem::take(&mut portion));
            size = 0;
        }
        portion.push(id);
        size += runs;
    }
    if !portion.is_empty() {
        portions.push(portion);
    }
    Ok(portions)
}

/// Removes the trees of these runs of a project that are still old by then.
async fn remove(
    database: &Database,
    trees: Trees,
    (project, runs): (Uuid, &[Uuid]),
    now: Timestamp,
) -> Result<u64> {
    let these = list(runs.iter().copied());
    let of = |rest: &[i64]| {
        let rest = rest.iter().map(|value| (*value).into());
        std::iter::once(these.clone()).chain(rest).collect::<Vec<_>>()
    };
    let until = trees.ended_by.micros();
    let mut unit = Unit::new()
        .run(HOLD, of(&[]))
        .run(MARK, of(&[until, silent(trees), now.micros()]))
        .run(MARK_BELOW, of(&[now.micros()]))
        .run(BYTES, vec![these.clone(), project.into()]);
    for sql in [KEEP_HASHES, ARTIFACTS, EFFECTS, DECIDERS, APPROVALS, INBOX, GRANTS, BUDGETS] {
        unit = unit.run(sql, of(&[]));
    }
    let counted = unit.len();
    unit = unit.run(RUNS, of(&[])).run(THREADS, of(&[])).run(MESSAGES, of(&[]));
    let applied = database.apply(unit).await?;
    Ok(applied.count(counted))
}

const fn silent(trees: Trees) -> i64 {
    match trees.silent_since {
        Some(since) => since.micros(),
        None => i64::MIN,
    }
}
