//! Tests of the edge: real sockets before a real app. The modules mirror the tree of URLs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod access;
mod bad_input;
mod codes;
mod conventions;
mod rates;
mod routes;

mod agents;
mod approvals;
mod artifacts;
mod audit;
mod auth;
mod cookies;
mod docs;
mod edge;
mod events;
mod health;
mod hooks;
mod invitations;
mod metrics;
mod pipelines;
mod projects;
mod providers;
mod runs;
mod search;
mod secrets;
mod sessions;
mod socket;
mod system;
mod threads;
mod tools;
mod triggers;
mod users;
