//! The ledger: effects that must not be repeated, and what is known of each.

use std::sync::Arc;

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, EffectId, EffectKind, ProjectId, RunId, Timestamp};
use gathering_engine::{Key, LedgerChange, LedgerState, Resolution, Settlement};
use uuid::Uuid;

use crate::actor::actor_text;
use crate::column;
use crate::runs::shown_to;
use crate::statement::{Query, Write, statements};

row! {
    /// An effect in the ledger.
    #[derive(Debug, Clone, PartialEq)]
    pub struct EffectRow {
        /// Its id, the same over attempts and retried runs.
        pub id: EffectId as Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// The run that attempted it last.
        pub run_id: RunId as Uuid,
        /// Its key in that run.
        pub key: Key as String => |text| Key::parse(&text).ok(),
        /// What repeating it means.
        pub kind: EffectKind as String => |word| kind_from_word(&word),
        /// The latest attempt.
        pub attempt: u32,
        /// What is known of it.
        pub state: LedgerState as String => |word| state_from_word(&word),
        /// What a person said after the run had ended.
        pub settlement: Option<Settlement> as Option<String> => column::json,
        /// Who said it.
        pub settled_by: Option<Actor> as Option<String> => column::json,
        /// When it was first attempted.
        pub created_at: Timestamp as i64,
        /// When it last changed.
        pub updated_at: Timestamp as i64,
    }
}

/// The columns of an [`EffectRow`], in its order.
macro_rules! effect_columns {
    () => {
        "id, project_id, run_id, key, kind, attempt, state, settlement, settled_by, created_at, updated_at"
    };
}
pub(crate) use effect_columns;

statements! {
    /// An attempt is refused while another run's may have happened, or has: whatever led to it, the
    /// effect must not come about twice.
    UPSERT = Sql::both(
        "INSERT INTO effects (id, project_id, run_id, key, kind, attempt, state, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) \
         ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, attempt = excluded.attempt, \
           state = excluded.state, updated_at = excluded.updated_at, \
           settlement = NULL, settled_by = NULL \
         WHERE excluded.state <> 'attempted' OR effects.run_id = excluded.run_id \
           OR effects.state IN ('not_done', 'failed')"
    );
    /// Only an ended run's effect: that of a live one is settled through the run's inbox.
    SETTLE = Sql::both(
        "UPDATE effects SET state = $2, settlement = $3, settled_by = $4, updated_at = $5 \
         WHERE id = $1 AND state = 'unknown' AND EXISTS ( \
           SELECT 1 FROM runs WHERE runs.id = effects.run_id AND runs.finished_at IS NOT NULL)"
    );
    FIND -> EffectRow = Sql::both(concat!("SELECT ", effect_columns!(), " FROM effects WHERE id = $1"));
    OF_RUN -> EffectRow = Sql::both(concat!(
        "SELECT ", effect_columns!(), " FROM effects WHERE run_id = $1 ORDER BY created_at, id"
    ));
    UNKNOWN -> EffectRow = Sql::both(concat!(
        "SELECT ", effect_columns!(), " FROM effects WHERE project_id = $1 AND state = 'unknown' \
         AND (updated_at, id) < ($2, $3) AND ($4 OR run_id = $5) \
         AND ", shown_to!("effects.run_id", "$7"), " \
         ORDER BY updated_at DESC, id DESC LIMIT $6"
    ));
}

/// Writes what is known of an effect now; what a person said of it before its run was retried says
/// nothing of this attempt. Touches no row if it is to be attempted and another run's
/// attempt of it may have happened.
pub(crate) fn upsert(
    project_id: ProjectId,
    run_id: RunId,
    change: &LedgerChange,
    now: Timestamp,
) -> Write {
    Write::new(
        UPSERT,
        params![
            change.effect_id.uuid(),
            project_id.uuid(),
            run_id.uuid(),
            change.key.as_str(),
            kind_word(change.kind),
            change.attempt,
            change.state.as_str(),
            now.micros(),
        ],
    )
    .expecting(1)
}

/// Writes what a person says of an unknown outcome in a run that has ended. Touches no row if it is not
/// unknown, or its run has not ended: then the run's inbox is the way.
pub fn settle_ended(
    id: EffectId,
    state: LedgerState,
    settlement: Option<&Settlement>,
    actor: &Actor,
    now: Timestamp,
) -> Write {
    let json = |value: serde_json::Result<String>| value.expect("settlements and actors are JSON");
    let settlement = settlement.map(|settlement| json(serde_json::to_string(settlement)));
    let actor = json(serde_json::to_string(actor));
    Write::new(SETTLE, params![id.uuid(), state.as_str(), settlement, actor, now.micros()])
}

/// The effect with this id.
pub fn find_effect(id: EffectId) -> Query<EffectRow> {
    Query::new(FIND, params![id.uuid()])
}

/// The effects that a run attempted, oldest first.
pub fn list_effects(run_id: RunId) -> Query<EffectRow> {
    Query::new(OF_RUN, params![run_id.uuid()])
}

/// Effects whose outcome nobody knows, of one run or of all, latest first. `after` is the last one of
/// the page before. Without those of runs that are another person's than `shown_to`.
pub fn list_unknown_effects(
    project_id: ProjectId,
    run_id: Option<RunId>,
    after: Option<(Timestamp, EffectId)>,
    limit: u32,
    shown_to: Option<Actor>,
) -> Query<EffectRow> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.micros(), id.uuid()));
    let run = run_id.map(RunId::uuid);
    Query::new(
        UNKNOWN,
        params![project_id.uuid(), at, id, run.is_none(), run, limit, shown_to.map(actor_text)],
    )
}

impl EffectRow {
    /// What a person said of it after its run had ended.
    pub fn resolution(&self) -> Option<Resolution> {
        self.settled_by?;
        Some(match &self.settlement {
            Some(Settlement::Output(output)) => Resolution::Done(Arc::clone(output)),
            Some(Settlement::Error(failure)) => Resolution::Failed(failure.message.clone()),
            None => Resolution::NotDone,
        })
    }
}

const fn kind_word(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Pure => "pure",
        EffectKind::Idempotent => "idempotent",
        EffectKind::Reconcilable => "reconcilable",
        EffectKind::Unsafe => "unsafe",
    }
}

fn kind_from_word(word: &str) -> Option<EffectKind> {
    use EffectKind::{Idempotent, Pure, Reconcilable, Unsafe};
    [Pure, Idempotent, Reconcilable, Unsafe].into_iter().find(|kind| kind_word(*kind) == word)
}

fn state_from_word(word: &str) -> Option<LedgerState> {
    use LedgerState::{Attempted, Done, Failed, NotDone, Unknown};
    [Attempted, NotDone, Done, Failed, Unknown].into_iter().find(|state| state.as_str() == word)
}
