//! Hard limits of a run, and their names.

use gathering_domain::{Duration, MicroUsd};
use serde::{Deserialize, Serialize};

/// What a run may use at most. An absent limit does not limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// From start to end, waiting included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Money of the run's own model calls, and of those of all its descendants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
    /// What follows where the money does not suffice.
    #[serde(skip_serializing_if = "OnCost::is_fail")]
    pub on_cost: OnCost,
    /// Attempts of effects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
}

impl Limits {
    /// The highest limit of attempts that can be set.
    pub const MAX_ATTEMPTS: u64 = 1_000_000;

    /// Whether nothing is limited.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }
}

/// What follows where a run's limit of money leaves too little for an attempt, of its own or of a
/// descendant: it is the limit that refuses which says so, whosever attempt it is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum OnCost {
    /// The attempt fails, for good.
    #[default]
    Fail,
    /// The run that wants to attempt it waits until somebody raises the limit, or money comes back.
    Wait,
}

impl OnCost {
    /// Whether an attempt fails.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub const fn is_fail(&self) -> bool {
        matches!(self, Self::Fail)
    }
}

/// The name of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The run's time.
    Timeout,
    /// The run's money, or that of one of its ancestors.
    Cost,
    /// The run's attempts.
    Attempts,
    /// Recoveries without progress.
    Recoveries,
}
