//! Seeded simulation of durable work against the real engine, with checkers over its histories.
//!
//! [`simulate`] runs one seed: a few processes that drive the engine's executions as real workers
//! do, over a store that loses what is not on disk, against a world that fails in every way, with
//! people who answer late. Time is virtual and every choice comes from the seed, so a failing seed
//! reproduces. The [`checkers`] read a [`History`] and know nothing of the simulation: they hold for
//! the journals of real servers too. A [`Sabotage`] breaks one promise of the server, to prove that
//! the checkers would notice.

mod dice;
mod history;
mod sabotage;

mod agents;
mod pipelines;
mod toy;
mod workload;

pub mod checkers;
mod simulation;
mod store;

pub use agents::Agents;
pub use checkers::Violation;
pub use dice::Dice;
pub use history::{Acknowledged, Append, History, Performed, Projection};
pub use pipelines::Pipelines;
pub use sabotage::{Sabotage, UnknownSabotage};
pub use simulation::{Report, simulate};
pub use toy::Toy;
pub use workload::Workload;
