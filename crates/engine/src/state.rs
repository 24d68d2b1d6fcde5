//! The fold of a journal: what is open, what has settled, what was used.

use std::collections::{BTreeSet, HashMap};

use gathering_domain::{
    Actor, Advice, EffectId, EffectKind, Failure, MicroUsd, RunId, Timestamp, Usage,
};

use uuid::Uuid;

use crate::{
    AttemptFailed, AwaitRequest, EffectAttempted, Entry, EntryBody, Key, Limit, LimitRaised,
    Limits, Next, Outcome, RunStarted, Settlement,
};

/// What the journal says of one key.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyState {
    /// An attempt was logged and has no outcome.
    Attempted(EffectAttempted),
    /// The next attempt may start at a time.
    Backoff {
        /// The number of that attempt.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// Why the one before failed.
        error: Failure,
    },
    /// The target must be asked whether an attempt happened.
    Reconciling {
        /// Which attempt.
        attempt: u32,
        /// What its target saw.
        effect_id: EffectId,
        /// What repeating it means.
        kind: EffectKind,
        /// Why nobody here knows.
        error: Failure,
        /// How often the target could not say it.
        asked: u32,
        /// When it is asked again, after it could not say it.
        at: Option<Timestamp>,
    },
    /// A person must say whether an attempt happened.
    Unknown {
        /// Which attempt.
        attempt: u32,
        /// What its target saw.
        effect_id: EffectId,
        /// What repeating it means.
        kind: EffectKind,
        /// Why nobody knows.
        error: Failure,
    },
    /// A timer runs.
    Timer {
        /// When it is due.
        due: Timestamp,
    },
    /// Somebody outside is asked.
    Awaited {
        /// What is asked.
        request: AwaitRequest,
    },
    /// A child run is under way.
    Child {
        /// The child.
        run_id: RunId,
    },
    /// Nobody wants it any more.
    Abandoned,
    /// It has its final result.
    Settled {
        /// Whether that is an output.
        well: bool,
    },
}

/// What every machine's journal folds to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunState {
    started: Option<(Timestamp, RunStarted)>,
    limits: Limits,
    entries: u32,
    keys: HashMap<Key, KeyState>,
    open: BTreeSet<Key>,
    usage: Usage,
    spent: MicroUsd,
    attempts: u64,
    attempted_at: HashMap<Key, Timestamp>,
    postponements: HashMap<Key, u32>,
    limits_reached: Vec<Limit>,
    cancel: Option<(Actor, String)>,
    finished: Option<Outcome>,
}

impl RunState {
    /// Folds the entries of one run, in order.
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut state = Self::default();
        for entry in entries {
            state.apply(entry);
        }
        state
    }

    /// How the run began, once its first entry is applied.
    pub fn started(&self) -> Option<&RunStarted> {
        self.started.as_ref().map(|(_, started)| started)
    }

    /// When the run began.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started.as_ref().map(|(at, _)| *at)
    }

    /// The run's limits, as they are since they were last raised.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// How many entries the journal has; the next one's place.
    pub const fn next_seq(&self) -> u32 {
        self.entries
    }

    /// What the journal says of a key.
    pub fn key(&self, key: &Key) -> Option<&KeyState> {
        self.keys.get(key)
    }

    /// Keys that have begun and not settled, in order of their text.
    pub fn open_keys(&self) -> impl Iterator<Item = (&Key, &KeyState)> {
        self.open.iter().filter_map(|key| self.keys.get_key_value(key))
    }

    /// What the run and its ended children used.
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// Money spent by the run's own effects; an attempt without an outcome counts its reservation.
    pub const fn spent(&self) -> MicroUsd {
        self.spent
    }

    /// Attempts of effects so far.
    pub const fn attempts(&self) -> u64 {
        self.attempts
    }

    /// When the last attempt for the key was logged, where it was and has no final result.
    pub fn attempted_at(&self, key: &Key) -> Option<Timestamp> {
        self.attempted_at.get(key).copied()
    }

    /// How often in a row an attempt for the key was put off because its target could not be tried.
    pub fn postponements(&self, key: &Key) -> u32 {
        self.postponements.get(key).copied().unwrap_or(0)
    }

    /// The limits that were reached and not raised since, in order, each once.
    pub fn limits_reached(&self) -> &[Limit] {
        &self.limits_reached
    }

    /// Who wants the run to end, and why.
    pub fn cancel(&self) -> Option<(Actor, &str)> {
        self.cancel.as_ref().map(|(actor, reason)| (*actor, reason.as_str()))
    }

    /// How the run ended.
    pub fn finished(&self) -> Option<&Outcome> {
        self.finished.as_ref()
    }

    /// Takes in the next entry.
    pub fn apply(&mut self, entry: &Entry) {
        self.entries = entry.seq + 1;
        match &entry.body {
            EntryBody::RunStarted(started) => {
                self.limits = started.limits;
                self.started = Some((entry.at, started.as_ref().clone()));
            }
            EntryBody::EffectAttempted(attempted) => {
                self.attempted_at.insert(attempted.key.clone(), entry.at);
                self.attempted(attempted);
            }
            EntryBody::AttemptFailed(failed) => self.failed(failed),
            EntryBody::EffectSettled(settled) => {
                let error = match &settled.result {
                    Settlement::Output(_) => None,
                    Settlement::Error(error) => Some(error),
                };
                self.account(&settled.key, settled.usage, error, settled.attempt > 0);
                self.settle(&settled.key, matches!(settled.result, Settlement::Output(_)));
            }
            EntryBody::TimerSet { key, due } => self.begin(key, KeyState::Timer { due: *due }),
            EntryBody::SignalAwaited(awaited) => {
                self.begin(&awaited.key, KeyState::Awaited { request: awaited.request.clone() });
            }
            EntryBody::ChildStarted(child) => {
                self.begin(&child.key, KeyState::Child { run_id: child.run_id });
            }
            EntryBody::ChildSettled(child) => {
                self.usage += child.outcome.usage;
                self.settle(&child.key, child.outcome.error.is_none());
            }
            EntryBody::TimerFired { key } => self.settle(key, true),
            EntryBody::SignalReceived(signal) => self.settle(&signal.key, true),
            EntryBody::EventEmitted(event) => self.settle(&event.key, true),
            EntryBody::LimitReached { limit, .. } => {
                if !self.limits_reached.contains(limit) {
                    self.limits_reached.push(*limit);
                }
            }
            EntryBody::LimitRaised(raised) => self.raise(raised),
            EntryBody::CancelRequested { actor, reason } => {
                self.cancel.get_or_insert_with(|| (*actor, reason.clone()));
            }
            EntryBody::RunFinished(outcome) => {
                self.finished = Some(outcome.clone());
                self.open.clear();
            }
        }
    }

    fn attempted(&mut self, attempted: &EffectAttempted) {
        self.attempts += 1;
        self.spent += attempted.reserved.unwrap_or_default();
        self.begin(&attempted.key, KeyState::Attempted(attempted.clone()));
    }

    fn failed(&mut self, failed: &AttemptFailed) {
        let postponed = self.postponements.remove(&failed.key).unwrap_or(0);
        match failed.next {
            Next::Retry { .. } => {
                self.account(&failed.key, failed.usage, Some(&failed.error), true);
            }
            Next::Postpone { .. } => {
                self.postponements.insert(failed.key.clone(), postponed + 1);
                self.take_back(&failed.key);
            }
            Next::Abandon if failed.never_began() => self.take_back(&failed.key),
            // The outcome of the attempt is not known, so its reservation stays spent.
            Next::Reconcile | Next::ReconcileLater { .. } | Next::Ask | Next::Abandon => {
                self.usage += failed.usage;
            }
        }
        let (attempt, error) = (failed.attempt, failed.error.clone());
        let (effect_id, kind) = self.logged(&failed.key);
        let next = match failed.next {
            Next::Retry { at } => KeyState::Backoff { attempt: attempt + 1, at, error },
            Next::Postpone { at } => KeyState::Backoff { attempt, at, error },
            Next::Reconcile => {
                KeyState::Reconciling { attempt, effect_id, kind, error, asked: 0, at: None }
            }
            Next::ReconcileLater { at } => {
                let (error, asked) = match self.keys.remove(&failed.key) {
                    Some(KeyState::Reconciling { error, asked, .. }) => (error, asked),
                    _ => (error, 0),
                };
                let (asked, at) = (asked + 1, Some(at));
                KeyState::Reconciling { attempt, effect_id, kind, error, asked, at }
            }
            Next::Ask => KeyState::Unknown { attempt, effect_id, kind, error },
            Next::Abandon => KeyState::Abandoned,
        };
        let open = next != KeyState::Abandoned;
        self.begin(&failed.key, next);
        if !open {
            self.open.remove(&failed.key);
        }
    }

    fn raise(&mut self, raised: &LimitRaised) {
        self.limits_reached.retain(|reached| *reached != raised.limit);
        if let (Limit::Cost, Some(limit)) = (raised.limit, self.limits.cost) {
            self.limits.cost = Some(raised.cost.unwrap_or(limit).max(limit));
        }
    }

    /// Counts what an attempt used, in place of what it had reserved. Where its outcome was not
    /// known for a while, or is lost and the result came without another attempt, the reservation
    /// stays spent.
    fn account(&mut self, key: &Key, usage: Usage, error: Option<&Failure>, attempted: bool) {
        self.usage += usage;
        match self.keys.get(key) {
            Some(KeyState::Attempted(_)) if !attempted => {}
            Some(KeyState::Attempted(attempted)) => {
                let reserved = attempted.reserved.unwrap_or_default();
                self.spent = self.spent - reserved + cost_of(reserved, usage, error);
            }
            Some(KeyState::Reconciling { .. } | KeyState::Unknown { .. }) => {}
            // An attempt that was not logged before it started, or a recorded result.
            _ => {
                self.attempts += u64::from(attempted);
                self.spent += usage.cost.known;
            }
        }
    }

    /// Forgets a logged attempt that never began.
    fn take_back(&mut self, key: &Key) {
        if let Some(KeyState::Attempted(attempted)) = self.keys.get(key) {
            self.spent = self.spent - attempted.reserved.unwrap_or_default();
            self.attempts = self.attempts.saturating_sub(1);
        }
    }

    /// What the logged attempt for a key is called, and what repeating it means.
    fn logged(&self, key: &Key) -> (EffectId, EffectKind) {
        match self.keys.get(key) {
            Some(KeyState::Attempted(attempted)) => (attempted.effect_id, attempted.kind),
            Some(
                KeyState::Reconciling { effect_id, kind, .. }
                | KeyState::Unknown { effect_id, kind, .. },
            ) => (*effect_id, *kind),
            // Only logged attempts have an unknown outcome; of anything else the worst is assumed.
            _ => (EffectId::from_uuid(Uuid::nil()), EffectKind::Unsafe),
        }
    }

    fn begin(&mut self, key: &Key, state: KeyState) {
        self.open.insert(key.clone());
        self.keys.insert(key.clone(), state);
    }

    fn settle(&mut self, key: &Key, well: bool) {
        self.open.remove(key);
        self.postponements.remove(key);
        self.attempted_at.remove(key);
        self.keys.insert(key.clone(), KeyState::Settled { well });
    }
}

/// What an attempt counts for against budgets: what it used, or at least all that it reserved where
/// somebody may charge for more than is known, or it may have reached its target and cannot say.
pub(crate) fn cost_of(reserved: MicroUsd, usage: Usage, error: Option<&Failure>) -> MicroUsd {
    let silent = usage.is_zero()
        && error.is_some_and(|error| matches!(error.advice, Advice::Unknown { .. }));
    if silent || usage.cost.unpriced_calls > 0 {
        reserved.max(usage.cost.known)
    } else {
        usage.cost.known
    }
}
