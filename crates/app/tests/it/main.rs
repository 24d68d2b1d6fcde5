//! Tests of the use cases, each on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod agents;
mod api_keys;
mod approvals;
mod artifacts;
mod audit;
mod channels;
mod confined;
mod events;
mod followers;
mod hooks;
mod identity;
mod invitations;
mod pipelines;
mod private;
mod projects;
mod providers;
mod quotas;
mod roles;
mod runs;
mod schedules;
mod search;
mod secrets;
mod sessions;
mod system;
mod threads;
mod tools;
mod triggers;
mod users;
mod webhooks;
