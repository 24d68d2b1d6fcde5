//! Lines of cron: read, and walked through local time.

mod days;
mod expression;
mod field;
mod walk;

pub(crate) use expression::Expression;
pub(crate) use walk::Walk;
