//! Claims runs, drives machines, performs effects, takes over from the dead.
//!
//! ```text
//! claim ─▶ fold ─▶ ┌ step ─▶ append (durable) ─▶ act ┐ ─▶ finished, parked, or given back
//!                  └──────── input ◀── outcome ◀─────┘
//! ```
//!
//! One task drives one run ([`Worker`] counts the places). A run that waits for a timer, a signal,
//! an approval or a child has no task and no memory here: it is a row until something happens.

mod observer;
mod performer;

mod app_machines;
mod machines;
mod performers;

mod breaker;
mod courier;

mod clock;
mod places;
mod shared;

mod appending;
mod children;
mod drive;
mod flight;
mod folded;
mod heard;
mod inbox;
mod left;
mod recovery;
mod stuck;
mod tasks;
mod unreadable;
mod writing;

mod claiming;
mod ended_places;
mod forgotten;
mod life;
mod listening;
mod takeover;

mod worker;

mod reconciler;
mod repeat;
mod scheduler;
mod sweeper;

pub use app_machines::AppMachines;
pub use breaker::{BreakerPolicy, BreakerState, BreakerView, Breakers, Leave};
pub use courier::EgressCourier;
pub use machines::{BuildError, FoldError, Machines, fold};
pub use observer::{AttemptSeen, ModelCallSeen, Observer, Unobserved};
pub use performer::{Attempted, Performer, Performers, RunContext};
pub use performers::{EgressOf, http_performer, performers};
pub use reconciler::{Keeps, Pass, Reconciler};
pub use scheduler::Scheduler;
pub use shared::{Jitter, Skills, WorkerOptions, WorkerParts};
pub use sweeper::Sweeper;
pub use worker::{Worker, WorkerHandle};
