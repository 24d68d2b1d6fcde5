//! Lines of cron: read, and walked through local time.

mod days;
mod expression;
mod field;
mod walk;

pub(crate) use expression::Expression;
pub(crate) use field::{Field, Item};
pub(crate) use walk::Walk;
