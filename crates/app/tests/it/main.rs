//! Tests of the use cases, each on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod agents;
mod approvals;
mod artifacts;
mod events;
mod identity;
mod pipelines;
mod providers;
mod roles;
mod runs;
mod secrets;
mod system;
mod threads;
mod tools;
