//! Lines of cron: read, and walked through local time.
//!
//! The library at hand, croner, reads the same fields and finds the same slots where no clock
//! changes. It does not find them here because it takes any line with more than one time a day for
//! one that recurs with the clock (`0 2,14 * * *` loses a slot in spring, `0 1,13 * * *` gains one
//! in autumn), finds nothing in a gap of more than two hours, and does not say in which field a
//! fault is.

mod days;
mod expression;
mod field;
mod walk;

pub(crate) use expression::Expression;
pub(crate) use field::{Field, Item};
pub(crate) use walk::Walk;
