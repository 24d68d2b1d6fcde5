//! The trace: what happened, in words, for a person who reads a failing seed.

use gathering_domain::{RunId, Timestamp};
use gathering_engine::Step;

use super::Event;

/// Hands lines to whoever wants them.
pub(super) struct Trace<'a> {
    listener: Option<&'a dyn Fn(&str)>,
}

impl<'a> Trace<'a> {
    pub(super) const fn new(listener: Option<&'a dyn Fn(&str)>) -> Self {
        Self { listener }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.listener.is_some()
    }

    pub(super) fn say(&self, now: Timestamp, line: impl FnOnce() -> String) {
        if let Some(listener) = self.listener {
            listener(&format!("{:>12} {}", now.micros() - 1_000_000_000, line()));
        }
    }

    pub(super) fn event(&self, now: Timestamp, event: &Event) {
        self.say(now, || {
            let text = format!("{event:?}");
            if text.len() > 400 {
                format!("{}…", text.chars().take(400).collect::<String>())
            } else {
                text
            }
        });
    }

    pub(super) fn step(&self, now: Timestamp, process: usize, run_id: RunId, step: &Step) {
        for entry in &step.entries {
            self.say(now, || {
                format!("  process {process} writes {run_id} {}: {:?}", entry.seq, entry.body)
            });
        }
        for action in &step.actions {
            self.say(now, || format!("  process {process} plans {run_id}: {action:?}"));
        }
        if step.parked.is_some() {
            self.say(now, || format!("  process {process} parks {run_id}: {:?}", step.parked));
        }
    }
}
