//! What a statement of a flush is for: whose result it brings, and what its failure means.

use gathering_database::Error as DatabaseError;
use gathering_domain::{EffectId, RunId};
use uuid::Uuid;

use crate::{
    AppendError, RETRIED_CONSTRAINT, definitions::OUTDATED_CONSTRAINT,
    deliveries::SENT_BY_ANOTHER_CONSTRAINT, quotas::RUNS_QUOTA_CONSTRAINT,
    schedules::MOVED_ON_CONSTRAINT, starters::STARTER_CONSTRAINT,
};

/// What a statement is for, to read its result and to explain its failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Nothing to be told of it.
    Other,
    /// Changes the run's own row.
    Own(RunId),
    /// Parks the run, and says whether it is still owned.
    Park(RunId),
    /// Creates the run, owned or not.
    Create { owned: bool },
    /// Makes sure that a definition is still at a version.
    Definition(Uuid, Uuid),
    /// Tells a run.
    Tell(RunId),
    /// Reads what lies in its inbox under a key that is taken now.
    Held,
    /// Notes an effect in the ledger.
    Effect(EffectId),
    /// Decides an approval.
    Decide,
    /// Uses a grant of the run.
    Grant(RunId),
    /// Raises a budget.
    Raise,
    /// Handles a slot of a schedule.
    Fire,
    /// Makes sure that what starts a run stands as it was read.
    Starter,
    /// Has a delivery sent.
    Deliver,
    /// Counts a run within the quota of its project.
    Quota,
    /// Makes sure that the run of which one is a retry is still there.
    Retried,
}

/// Explains a failure, given what the statement was for whose expectation was not met.
pub(crate) fn explain(purpose: Option<Purpose>, error: DatabaseError) -> AppendError {
    let named = |constraint: &str| AppendError::Conflict { constraint: constraint.to_owned() };
    match (&error, purpose) {
        (DatabaseError::Conflict { .. }, Some(purpose)) => match purpose {
            Purpose::Own(run) | Purpose::Park(run) => AppendError::NotOwner(run),
            Purpose::Effect(id) => AppendError::EffectHeld(id),
            Purpose::Grant(run) => AppendError::GrantGone(run),
            Purpose::Definition(..) => named(OUTDATED_CONSTRAINT),
            Purpose::Decide => named("approvals_open"),
            Purpose::Raise => named("budgets_rise"),
            Purpose::Fire => named(MOVED_ON_CONSTRAINT),
            Purpose::Starter => named(STARTER_CONSTRAINT),
            Purpose::Deliver => named(SENT_BY_ANOTHER_CONSTRAINT),
            Purpose::Quota => named(RUNS_QUOTA_CONSTRAINT),
            Purpose::Retried => named(RETRIED_CONSTRAINT),
            _ => AppendError::from_write(error),
        },
        _ => AppendError::from_write(error),
    }
}
