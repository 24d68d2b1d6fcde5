//! Tests of the engine from outside: every rule of attempts, outcomes, limits and ends as a table.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped fails the test")]

mod driver;

mod children;
mod ends;
mod giving_up;
mod late;
mod limits;
mod properties;
mod released;
mod retried;
mod retries;
mod stored_form;
mod unknown;
