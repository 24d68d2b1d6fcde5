//! A workload: which machines run in a simulation, and what the world answers them.

use gathering_domain::{Advice, Failure};
use gathering_engine::{AwaitRequest, ChildSpec, EffectOrder, Machine, Payload, RunStarted};

use crate::Dice;

/// Runs to be simulated, with a world that fits them.
pub trait Workload: Sync {
    /// A run as a client starts one.
    fn new_run(&self, dice: &mut Dice) -> ChildSpec;

    /// The machine of a run that [`new_run`](Self::new_run) or another machine asked for.
    fn machine(&self, started: &RunStarted) -> Box<dyn Machine>;

    /// What the world answers to an attempt that goes well.
    fn output(&self, order: &EffectOrder, dice: &mut Dice) -> Payload;

    /// What somebody outside answers.
    fn answer(&self, request: &AwaitRequest, dice: &mut Dice) -> Payload;
}

/// A failure as the simulated world gives one.
pub(crate) fn failure(code: &str, advice: Advice) -> Failure {
    Failure { code: code.to_owned(), message: "the simulation says so".to_owned(), advice }
}
