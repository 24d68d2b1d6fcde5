//! What a decision says.

use gathering_domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::State;
use crate::Overlap;

/// What to do about a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The slots to deal with now, in order; at most [`MAX_FIRES_AT_ONCE`](super::MAX_FIRES_AT_ONCE).
    pub fires: Vec<Fire>,
    /// The slots before them that are left out together.
    pub skipped: Option<Skipped>,
    /// What to remember.
    pub state: State,
    /// When to decide again; may have passed already. `None` while paused and after the end.
    pub look_at: Option<Timestamp>,
}

impl Decision {
    pub(super) const fn nothing(state: State) -> Self {
        Self { fires: Vec::new(), skipped: None, state, look_at: None }
    }
}

/// A slot that has come, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fire {
    /// The slot, jitter not included.
    pub slot: Timestamp,
    /// What to do.
    pub act: Act,
}

/// What follows when a slot has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A run starts.
    Start,
    /// Runs of the schedule that are under way or wait are cancelled, and a run starts.
    CancelAndStart,
    /// A run starts when the one under way has ended.
    Wait,
    /// Nothing: an earlier run is under way, or a later slot fires at the same time and would
    /// cancel it.
    Skip,
}

/// The most runs of one schedule that are under way at once. Slots beyond are left out.
pub const MOST_UNDER_WAY: u32 = 1_000;

/// The runs of a schedule that have not ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Runs that were started.
    pub running: u32,
    /// Slots that wait for one of those to end.
    pub waiting: u32,
}

impl Activity {
    /// The activity after `act`.
    pub(super) const fn follow(&mut self, act: Act) {
        match act {
            Act::Start => self.running = self.running.saturating_add(1),
            Act::CancelAndStart => *self = Self { running: 1, waiting: 0 },
            Act::Wait => self.waiting = self.waiting.saturating_add(1),
            Act::Skip => {}
        }
    }
}

impl Overlap {
    /// What follows when a slot comes, or a person starts the schedule by hand, beside `activity`.
    pub const fn act(self, activity: Activity) -> Act {
        let Activity { running, waiting } = activity;
        match (self, running > 0 || waiting > 0) {
            (Self::Allow, true) if running >= MOST_UNDER_WAY => Act::Skip,
            (_, false) | (Self::Allow, true) => Act::Start,
            (Self::Queue, true) if waiting == 0 => Act::Wait,
            (Self::Skip | Self::Queue, true) => Act::Skip,
            (Self::CancelPrevious, true) => Act::CancelAndStart,
        }
    }
}

/// Slots that were left out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u64,
    /// Whether `count` is all of them; else there are more.
    pub exact: bool,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
}

/// Why slots were left out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They were missed.
    Misfire,
    /// The schedule was paused when they were due.
    Paused,
    /// The schedule was paused or changed after they had come, before they were due.
    Changed,
}
