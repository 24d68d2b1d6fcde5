//! Tests of the simulation: many seeds hold, every sabotage is caught, every checker bites.
//!
//! And of the machines themselves: recorded journals lead to the decisions that they led to.

#![expect(clippy::unwrap_used, reason = "a test stops where something it relies on is not so")]

mod checkers;
mod journals;
mod sabotage;
mod seeds;
