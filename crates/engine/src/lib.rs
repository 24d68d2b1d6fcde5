//! The pure core of durable work: entries, fold, machine trait, retry, limit and cancel rules.
//!
//! ```text
//! entries ──fold──▶ state ──decide──▶ decisions ──performed elsewhere──▶ outcome ──▶ entries
//! ```
//!
//! A [`Machine`] decides what one kind of run wants next; an [`Execution`] adds what all runs share
//! (attempts, retries, timers, limits, cancel, unknown outcomes) and turns inputs into a [`Step`]:
//! entries to append, and actions to take once they are on disk. Nothing here reads a clock, draws
//! a number or touches the world: time, ids and jitter come in with [`Ambient`].

mod key;

mod effect;
mod entry;
mod limits;
mod outcome;

mod decision;
mod machine;

mod execution;
mod retry;
mod state;
mod tally;

pub use decision::{AwaitRequest, ChildSpec, Decision, Until};
pub use effect::{Effect, Target};
pub use entry::MAX_TIMEOUT;
pub use entry::{
    AttemptFailed, ChildSettled, ChildStarted, EffectAttempted, EffectSettled, Entry, EntryBody,
    EventEmitted, LimitRaised, Next, Origin, ParentLink, Payload, RunStarted, Settlement,
    SignalAwaited, SignalReceived,
};
pub use execution::{
    ASK_BUDGETS_AGAIN, Action, Ambient, CloseReason, CorruptJournal, EffectOrder, Execution,
    Finished, Grants, Input, LedgerChange, LedgerState, Lineage, MAX_DEPTH, NewChild,
    PERSON_SAYS_NOT_DONE, Parked, Reservation, Resolution, Spend, Step, TakenOver,
};
pub use key::{InvalidKey, Key, MAX_KEY_BYTES};
pub use limits::{Limit, Limits, OnCost};
pub use machine::{Facts, Machine};
pub use outcome::Outcome;
pub use retry::{MAX_ASKED_WAIT, MAX_ATTEMPTS, RetryPolicy};
pub use state::{KeyState, RunState};
pub use tally::Tally;
