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
    /// Attempts of effects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
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
