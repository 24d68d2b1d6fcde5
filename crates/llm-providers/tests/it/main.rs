//! Tests of the adapters against a real server that speaks their wires, and of the scripted model.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod end_to_end;
mod failures;
mod models;
mod requests;
mod scripted;
mod streams;
mod support;
