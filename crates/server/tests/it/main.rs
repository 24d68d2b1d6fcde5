//! Tests of the real binary, started as a process.

mod program;
mod server;
mod target;

mod commands;
mod examples;
mod exit_codes;

mod crash;
mod journey;
mod lifecycle;
