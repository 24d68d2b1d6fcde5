//! Bounds that a definition sets: money, time, retries, concurrency.

use gathering_domain::{Duration, MicroUsd};
use gathering_engine::{Limits, OnCost, RetryPolicy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Jobs of one run at work at the same time, where its definition does not say.
pub const DEFAULT_CONCURRENCY: u32 = 64;

/// Money in dollars, as files write it: `0.50`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Dollars(MicroUsd);

/// The most that a limit of money may be, in dollars.
pub const MAX_DOLLARS: f64 = 1_000_000.0;

impl Dollars {
    /// The amount in micro-USD.
    pub const fn micro_usd(self) -> MicroUsd {
        self.0
    }
}

impl TryFrom<f64> for Dollars {
    type Error = String;

    fn try_from(dollars: f64) -> Result<Self, String> {
        if !(0.0..=MAX_DOLLARS).contains(&dollars) {
            return Err(format!("an amount is between 0 and {MAX_DOLLARS} dollars"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 10^12, checked above")]
        Ok(Self(MicroUsd((dollars * 1_000_000.0).round() as i64)))
    }
}

impl From<Dollars> for f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most 10^12, far below 2^52")]
    fn from(dollars: Dollars) -> Self {
        dollars.0.0 as Self / 1_000_000.0
    }
}

/// What a run may use at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PipelineLimits {
    /// From start to end, waiting included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub timeout: Option<Duration>,
    /// Money in dollars, child runs included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::dollars")]
    pub cost: Option<Dollars>,
    /// What follows where too little money is left for a model call: the call fails, or the run waits
    /// until somebody raises its budget. The default is `fail`.
    #[serde(skip_serializing_if = "OnCost::is_fail")]
    #[schemars(schema_with = "crate::schema::on_cost")]
    pub on_cost: OnCost,
    /// Agents, tools, actions and child pipelines at work at the same time. The default is 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub concurrency: Option<u32>,
    /// Attempts of tools and actions in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = Limits::MAX_ATTEMPTS))]
    pub attempts: Option<u64>,
    /// Runs of the pipeline under way at the same time, from start to end, waiting included; others
    /// wait until one has ended. Runs that are part of another run do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub concurrent_runs: Option<u32>,
}

impl PipelineLimits {
    /// Whether nothing is limited beyond the defaults.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The part that the engine enforces.
    pub fn of_run(&self) -> Limits {
        Limits {
            timeout: self.timeout,
            cost: self.cost.map(Dollars::micro_usd),
            on_cost: self.on_cost,
            attempts: self.attempts,
        }
    }
}

/// How often and how soon a node's work is tried again, with full jitter for tools and actions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all, the first included.
    #[schemars(range(min = 1, max = 100))]
    pub attempts: u32,
    /// The ceiling of the wait after the first attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub first_delay: Option<Duration>,
    /// By what the ceiling grows with each attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub factor: Option<f64>,
    /// The ceiling of ceilings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub max_delay: Option<Duration>,
}

impl Retry {
    /// The policy, with the engine's defaults for what is not said.
    pub fn policy(&self) -> RetryPolicy {
        let default = RetryPolicy::default();
        RetryPolicy {
            attempts: self.attempts,
            first_delay: self.first_delay.unwrap_or(default.first_delay),
            factor: self.factor.unwrap_or(default.factor),
            max_delay: self.max_delay.unwrap_or(default.max_delay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_become_whole_micro_dollars() {
        for (dollars, micros) in [(0.5, 500_000), (0.000_001, 1), (0.1 + 0.2, 300_000), (0.0, 0)] {
            let amount = Dollars::try_from(dollars).unwrap();
            assert_eq!(amount.micro_usd(), MicroUsd(micros));
            assert_eq!(Dollars::try_from(f64::from(amount)), Ok(amount));
        }
        for bad in [-0.1, 1_000_001.0, f64::NAN, f64::INFINITY] {
            assert!(Dollars::try_from(bad).is_err(), "{bad}");
        }
    }
}
