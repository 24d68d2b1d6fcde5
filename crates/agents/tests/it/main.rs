//! Tests of the turn machine: driven through the engine, with a model and tools that the test plays.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::needless_pass_by_value, reason = "literals of JSON read better as values")]

mod approvals;
mod endings;
mod limits;
mod loops;
mod played;
mod random;
mod requests;
mod retries;
mod views;
mod world;
