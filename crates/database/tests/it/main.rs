//! Tests of the database crate, each on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closures;
mod concurrency;
mod disk;
mod encryption;
mod faults;
mod lanes;
mod locks;
mod notices;
mod opening;
mod reads;
#[cfg(feature = "sabotage")]
mod sabotage;
mod support;
mod units;
mod whole;
