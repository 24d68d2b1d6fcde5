//! The trace: what happened, in words, for a person who reads a failing seed.

use gathering_domain::{RunId, Timestamp};
use gathering_engine::Step;

use super::Event;

/// Lines, if anybody wants them.
#[derive(Debug, Default)]
pub(super) struct Trace {
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(super) fn new(on: bool) -> Self {
        Self { lines: on.then(Vec::new) }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.lines.is_some()
    }

    pub(super) fn say(&mut self, now: Timestamp, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>12} {}", now.micros() - 1_000_000_000, line()));
        }
    }

    pub(super) fn event(&mut self, now: Timestamp, event: &Event) {
        self.say(now, || {
            let text = format!("{event:?}");
            if text.len() > 400 {
                format!("{}…", text.chars().take(400).collect::<String>())
            } else {
                text
            }
        });
    }

    pub(super) fn step(&mut self, now: Timestamp, process: usize, run_id: RunId, step: &Step) {
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

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}
