//! When a schedule is due, what it has missed, and what to do about it.
//!
//! A [`Timing`] says when: a line of cron in a time zone, a fixed rate, or once. Its moments are
//! called slots; [`next_slot`] and [`preview`] find them. A [`Policy`] says what becomes of a slot:
//! what follows when it was missed, what follows while the run before it is still under way, how
//! far it may be put off. [`decide`] takes both with the [`State`] of a schedule, and answers what
//! to do at this moment; it does nothing itself. [`describe`] and [`describe_policy`] say in words
//! what all that means.
//!
//! Everything here is a function of its arguments: the same question has the same answer on every
//! instance. The time zones are those built in ([`zone_database`]), never those of the machine.

mod calendar;
mod cron;
mod decide;
mod describe;
mod instant;
mod jitter;
mod policy;
mod slots;
mod timing;
mod zone;

pub use decide::{
    Act, Activity, Decision, Fire, GRACE, MAX_FIRES_AT_ONCE, MOST_COUNTED, MOST_UNDER_WAY,
    PATIENCE, Reason, Schedule, Skipped, State, decide, look_at,
};
pub use describe::{describe, describe_policy};
pub use policy::{MAX_JITTER, MAX_WITHIN, MOST_FIRES, Misfire, Overlap, Policy, Retry};
pub use slots::{Bounds, HORIZON_YEARS, MAX_PREVIEW, next_slot, preview};
pub use timing::{MAX_EVERY, MIN_EVERY, Timing};
pub use zone::zone_database;
