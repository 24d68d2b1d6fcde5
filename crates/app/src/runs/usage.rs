//! What the runs of a time have come to and used.

use gathering_domain::{Cost, MicroUsd, Permission, RunStatus, Timestamp};
use gathering_storage::sum_up;

use super::Runs;
use crate::{Caller, Result, webhooks::machine::DeliveryMachine};

/// What runs have come to and used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunsUsage {
    /// How many are in each status; none where there are none.
    pub runs: Vec<(RunStatus, u64)>,
    /// Tokens that models read for them.
    pub input_tokens: u64,
    /// Tokens that models wrote for them.
    pub output_tokens: u64,
    /// Money.
    pub cost: Cost,
    /// Model calls.
    pub model_calls: u64,
    /// Tool calls.
    pub tool_calls: u64,
}

impl Runs<'_> {
    /// What the runs that were accepted from `from` on and before `to` have come to and used until now.
    /// Runs that another run started are not counted for themselves: when they end, what they used becomes
    /// part of what the run above used. Deliveries to webhooks are not counted. A time that ends before it
    /// begins holds no runs.
    pub async fn usage(
        &self,
        caller: &Caller,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<RunsUsage> {
        let project_id = caller.require_here(Permission::Read)?;
        let rows = sum_up(project_id, (from, to), DeliveryMachine::NAME, caller.looks_as());
        let rows = rows.all(self.app.database()).await?;
        let mut sums = RunsUsage::default();
        for row in rows {
            sums.runs.push((row.status, row.runs));
            sums.input_tokens += row.input_tokens;
            sums.output_tokens += row.output_tokens;
            sums.cost.known += MicroUsd(row.cost_micro_usd);
            sums.cost.unpriced_calls += row.unpriced_calls;
            sums.model_calls += row.model_calls;
            sums.tool_calls += row.tool_calls;
        }
        Ok(sums)
    }
}
