//! What a worker tells of its work, to whoever counts it.

use std::time::Duration;

use gathering_domain::{Advice, EffectKind, Timestamp, Usage};
use tokio::time::Instant;

use crate::performer::Attempted;

/// Hears of effects and of model calls as they end. Called on the task of the run, so it must not wait.
/// It is told words out of short lists alone, never a name that somebody chose.
pub trait Observer: Send + Sync {
    /// An attempt of an effect has ended, or was dropped.
    fn effect(&self, _attempt: &AttemptSeen) {}

    /// A model was asked. One attempt may ask several, one after the other.
    fn model_call(&self, _call: &ModelCallSeen<'_>) {}

    /// So many old things of one kind were removed: `run`, `payload`, `log_partition`, `log_row`, `fire`, `delivery`,
    /// `idempotency_key`, `instance`.
    fn removed(&self, _kind: &'static str, _count: u64) {}

    /// All that was old is removed, as of then.
    fn reconciled(&self, _at: Timestamp) {}
}

/// Hears everything and tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// An attempt that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptSeen {
    /// Who performed it: `model`, `tool`, `http`, …
    pub performer: &'static str,
    /// What repeating it means.
    pub kind: EffectKind,
    /// `succeeded`, `failed` for good, `retryable`, `unknown`, `postponed` before it began, or `dropped`.
    pub outcome: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// A model that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelCallSeen<'a> {
    /// The kind of its provider, as prices are listed under it.
    pub provider: &'a str,
    /// Whether it answered.
    pub answered: bool,
    /// What it used, as far as it is known.
    pub usage: Usage,
    /// How long it took.
    pub took: Duration,
}

/// Tells of an attempt once: how it ended, or that it was dropped.
pub(crate) struct Watched<'a> {
    observer: &'a dyn Observer,
    seen: AttemptSeen,
    begun: Instant,
}

impl<'a> Watched<'a> {
    pub(crate) fn begin(
        observer: &'a dyn Observer,
        performer: &'static str,
        kind: EffectKind,
    ) -> Self {
        let seen = AttemptSeen { performer, kind, outcome: "dropped", took: Duration::ZERO };
        Self { observer, seen, begun: Instant::now() }
    }

    /// It ended in one of the words of [`AttemptSeen::outcome`].
    pub(crate) fn ended(mut self, outcome: &'static str) {
        self.seen.outcome = outcome;
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.seen.took = self.begun.elapsed();
        self.observer.effect(&self.seen);
    }
}

/// How an attempt ended, in a word.
pub(crate) const fn word(attempted: &Attempted) -> &'static str {
    match attempted {
        Attempted::Ended { result: Ok(_), .. } => "succeeded",
        Attempted::Ended { result: Err(failure), .. } => match failure.advice {
            Advice::Fail => "failed",
            Advice::Retry { .. } => "retryable",
            Advice::Unknown { .. } => "unknown",
        },
        Attempted::Postponed { .. } => "postponed",
    }
}
