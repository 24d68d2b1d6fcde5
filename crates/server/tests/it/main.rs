//! Tests of the real binary, started as a process.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped fails the test")]

mod echo;
mod program;
mod server;
mod story;
mod target;

mod audit;
mod backup;
mod bad_input;
mod commands;
mod documentation;
mod examples;
mod exit_codes;
mod provider;
mod redaction;
mod rotation;
mod terminal;

mod chaos;
mod crash;
#[cfg(target_os = "linux")]
mod disk;
mod edge;
mod journey;
mod keys;
mod lifecycle;
mod metrics;
mod moving;
mod outage;
mod previews;
mod projects;
mod schedules;
mod starts;
mod stop;
mod telemetry;
mod tls;
mod traces;
mod webhooks;
