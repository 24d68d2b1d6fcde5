//! The worker on both databases: real store, real engine, machines and performers of the tests' own.

#![expect(clippy::unwrap_used, reason = "a test stops where something it relies on is not so")]

mod ambient;
mod desk;
mod node;
mod program;
mod world;

mod observed;
mod runs;

mod cancel;
mod children;
mod commits;
mod limits;
mod narrowed;
mod places;
mod reconciled;
mod recorded;
mod target;
mod unknown;
mod waiting;

mod breaker;
mod budget;
mod budget_waits;

mod retention;
mod rights;
mod sweeper;

mod recovery;
mod stopping;

mod deaths;
mod faults;
mod takeover;
mod upgrade;
