//! What a run has used so far, and whether it was asked to end: the part of the fold that stays small.

use gathering_domain::Usage;

use crate::{Entry, EntryBody, Next};

/// The sum of a journal, to which further entries can be added without the ones before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many entries there are.
    pub entries: u32,
    /// What the run and its ended children used.
    pub usage: Usage,
    /// Whether somebody wants it to end.
    pub cancel_requested: bool,
}

impl Tally {
    /// Takes in the next entry. Counts as the fold of the whole does.
    pub fn add(&mut self, entry: &Entry) {
        self.entries = entry.seq + 1;
        match &entry.body {
            EntryBody::AttemptFailed(failed) => {
                let began = !matches!(failed.next, Next::Postpone { .. }) && !failed.never_began();
                if began {
                    self.usage += failed.usage;
                }
            }
            EntryBody::EffectSettled(settled) => self.usage += settled.usage,
            EntryBody::ChildSettled(child) => self.usage += child.outcome.usage,
            EntryBody::CancelRequested { .. } => self.cancel_requested = true,
            EntryBody::RunStarted(_)
            | EntryBody::EffectAttempted(_)
            | EntryBody::TimerSet { .. }
            | EntryBody::TimerFired { .. }
            | EntryBody::SignalAwaited(_)
            | EntryBody::SignalReceived(_)
            | EntryBody::ChildStarted(_)
            | EntryBody::EventEmitted(_)
            | EntryBody::LimitReached { .. }
            | EntryBody::LimitRaised(_)
            | EntryBody::RunFinished(_) => {}
        }
    }
}
