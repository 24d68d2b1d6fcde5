//! Storage on both databases: the log, ownership, fencing, projections, and what a crash leaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod histories;
mod support;

mod schema;

mod log;
mod observed;
mod parts;
mod reading;

mod claims;
mod inbox;
mod instances;
mod lanes;
mod plans;

mod finality;
mod index;
mod syncs;

#[cfg(feature = "sabotage")]
mod sabotage;

mod approvals;
mod budgets;
mod deliveries;
mod grants;
mod idempotency;
mod ledger;
mod limits;
mod places;

mod moving;
mod retention;

mod model;
