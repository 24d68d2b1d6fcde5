//! Tests of runs.

mod budget;
mod cancel;
mod limits;
mod list;
mod look;
mod retry;
mod settle;
mod signal;
pub(crate) mod start;
mod usage;
