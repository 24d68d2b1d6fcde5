//! Money: what a model call may cost, and whether the limits leave room for it.

use gathering_domain::{Failure, MicroUsd};
use gathering_engine::{Facts, RunStarted};

use super::TurnMachine;
use crate::{
    OnLimit,
    turn::{ModelCall, fold::Started},
};

/// A model call as it is sent, with the most that it may cost.
pub(super) struct Priced {
    pub(super) call: ModelCall,
    /// None where a price is unknown and nothing limits the money.
    pub(super) most: Option<MicroUsd>,
}

impl TurnMachine {
    /// Finds what a call may cost. Under a limit of money its answer is bounded, so that what is
    /// reserved is what the request allows, and a call whose price nobody knows is refused.
    pub(super) fn price(
        &self,
        started: &Started,
        mut call: ModelCall,
        facts: &Facts<'_>,
    ) -> Result<Priced, Failure> {
        let limited = started.definition.agent.limits.cost.is_some()
            || facts.state().started().is_some_and(RunStarted::has_cost_limit);
        if limited && call.request.max_output_tokens.is_none() {
            call.request.max_output_tokens = self.costs.usual_output(&call);
        }
        let most = self.costs.most(&call);
        if limited && most.is_none() {
            return Err(price_unknown(&call));
        }
        Ok(Priced { call, most })
    }

    /// Whether the agent's own limit allows a call, and after it a report where one is wanted.
    pub(super) fn can_go_on(
        &self,
        started: &Started,
        priced: &Priced,
        report: impl FnOnce() -> ModelCall,
        facts: &Facts<'_>,
    ) -> bool {
        let agent = &started.definition.agent;
        let reports = agent.on_limit == OnLimit::Report && !self.turn.rounds.is_empty();
        let kept = if agent.limits.cost.is_some() && reports {
            self.price(started, report(), facts).ok().and_then(|report| report.most)
        } else {
            None
        };
        can_pay(started, priced, kept.unwrap_or_default(), facts)
    }
}

/// Whether the agent's own limit allows a call, with something kept. The run's limits are the engine's.
pub(super) fn can_pay(
    started: &Started,
    priced: &Priced,
    kept: MicroUsd,
    facts: &Facts<'_>,
) -> bool {
    let most = priced.most.unwrap_or_default();
    let limit = started.definition.agent.limits.cost;
    most == MicroUsd::ZERO || limit.is_none_or(|limit| facts.state().spent() + most + kept <= limit)
}

fn price_unknown(call: &ModelCall) -> Failure {
    let models: Vec<String> = call.models.iter().map(|model| format!("`{model}`")).collect();
    let message = format!(
        "the run has a limit of money, and what {} costs is not known; put its price into the file that `models.prices` names, or take the limit away",
        models.join(" or ")
    );
    Failure::fatal("price_unknown", message)
}
