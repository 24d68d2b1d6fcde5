//! What becomes of a slot: missed, overlapping, put off, out of bounds, or its run failed.

use gathering_domain::{Duration, Fault, Pointer, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most that slots can be put off.
pub const MAX_JITTER: Duration = Duration::from_secs(3_600);
/// The longest window of [`Misfire::FireAll`].
pub const MAX_WITHIN: Duration = Duration::from_secs(31 * 86_400);

/// The highest maximum of fires.
pub const MOST_FIRES: u64 = 1_000_000_000;

/// How a schedule treats its slots. Every field has a default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What follows when slots were missed. The default is `fire_once`.
    pub misfire: Misfire,
    /// What follows when a slot comes while an earlier run of the schedule is under way. The
    /// default is `skip`.
    pub overlap: Overlap,
    /// By how much slots are put off at most, from 0 to one hour. How much is drawn from the
    /// schedule's id and the slot, so every instance draws the same. No slot is put off to the next
    /// one or beyond.
    #[schemars(schema_with = "crate::instant::duration_schema")]
    pub jitter: Duration,
    /// The first moment that can be a slot.
    #[serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::instant::schema")]
    pub start: Option<Timestamp>,
    /// The first moment that cannot be a slot any more.
    #[serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::instant::schema")]
    pub end: Option<Timestamp>,
    /// After how many fires the schedule has ended, at most a billion. Slots that were left out,
    /// for whatever reason, do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MOST_FIRES))]
    pub max_fires: Option<u64>,
    /// How often a run that failed is tried again. The default is not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

/// What follows when slots were missed because nothing ran: when they are handled more than 60
/// seconds after they were due, or more than 5 while a later slot is due as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Misfire {
    /// Nothing: they are counted, and left out.
    Skip {},
    /// One fire makes up for all of them: that of the latest slot that is due.
    FireOnce {},
    /// All fire, one after the other, unless they are older than a window; those are left out.
    FireAll {
        /// How old, at most 31 days.
        #[schemars(schema_with = "crate::instant::duration_schema")]
        within: Duration,
    },
}

impl Default for Misfire {
    fn default() -> Self {
        Self::FireOnce {}
    }
}

/// What follows when a slot comes while an earlier run of the schedule is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// The slot is left out.
    #[default]
    Skip,
    /// It waits for that run to end. One slot can wait; while one does, others are left out.
    Queue,
    /// It starts beside it, up to 1,000 at once.
    Allow,
    /// That run is cancelled, and the slot starts. Of several slots at once only the last starts.
    CancelPrevious,
}

/// How often and how soon the run of a slot is tried again after it failed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Runs in all, the first included: 1 to 10.
    #[schemars(range(min = 1, max = Retry::MAX_ATTEMPTS))]
    pub attempts: u32,
    /// The wait after the first one failed; one minute unless said.
    #[serde(default = "Retry::first_delay")]
    #[schemars(schema_with = "crate::instant::duration_schema")]
    pub first_delay: Duration,
    /// By what the wait grows each time, from 1 to 10; 2 unless said.
    #[serde(default = "Retry::factor")]
    #[schemars(range(min = 1, max = 10))]
    pub factor: f64,
    /// The longest wait, at most one day; one hour unless said.
    #[serde(default = "Retry::max_delay")]
    #[schemars(schema_with = "crate::instant::duration_schema")]
    pub max_delay: Duration,
}

impl Retry {
    /// The most runs of one slot.
    pub const MAX_ATTEMPTS: u32 = 10;
    /// The longest wait between two of them: one day.
    pub const MAX_DELAY: Duration = Duration::from_secs(86_400);

    const fn first_delay() -> Duration {
        Duration::from_secs(60)
    }

    const fn factor() -> f64 {
        2.0
    }

    const fn max_delay() -> Duration {
        Duration::from_secs(3_600)
    }

    /// How long to wait before the next run, after run number `attempt` (counted from 1) of a slot
    /// failed; `None` if that was the last.
    pub fn delay_after(&self, attempt: u32) -> Option<Duration> {
        if attempt == 0 || attempt >= self.attempts.min(Self::MAX_ATTEMPTS) {
            return None;
        }
        let mut delay = self.first_delay.std().as_secs_f64();
        for _ in 1..attempt {
            delay *= self.factor.clamp(1.0, 10.0);
        }
        let most = self.max_delay.min(Self::MAX_DELAY);
        let delay = std::time::Duration::try_from_secs_f64(delay).unwrap_or(most.std());
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        Some(Duration::from_micros(micros).min(most))
    }
}

impl Policy {
    /// Whether the slots of a timing are the same by another policy, and due at the same times.
    pub fn keeps_slots_of(&self, other: &Self) -> bool {
        (self.jitter, self.start, self.end) == (other.jitter, other.start, other.end)
    }

    /// All that is wrong with it; `at` is where it stands in the document.
    ///
    /// The one code is `out_of_range`.
    pub fn check(&self, at: &Pointer) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut say = |place: Pointer, message: String| {
            faults.push(Fault::new(place, "out_of_range", message));
        };
        if self.jitter > MAX_JITTER {
            let message = format!("jitter is at most {MAX_JITTER}, not {}", self.jitter);
            say(at.child("jitter"), message);
        }
        if let Misfire::FireAll { within } = self.misfire {
            let place = at.child("misfire").child("within");
            if within == Duration::ZERO || within > MAX_WITHIN {
                say(
                    place,
                    format!("a window is longer than 0s and at most {MAX_WITHIN}, not {within}"),
                );
            }
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && start >= end
        {
            say(at.child("end"), "the end is not after the start, so no slot is left".to_owned());
        }
        if self.max_fires == Some(0) {
            say(
                at.child("max_fires"),
                "a schedule fires at least once, or has no maximum".to_owned(),
            );
        }
        if let Some(retry) = &self.retry {
            retry.check(&at.child("retry"), &mut say);
        }
        faults
    }
}

impl Retry {
    fn check(&self, at: &Pointer, say: &mut impl FnMut(Pointer, String)) {
        if !(1..=Self::MAX_ATTEMPTS).contains(&self.attempts) {
            let most = Self::MAX_ATTEMPTS;
            let message = format!("a slot has 1 to {most} runs in all, not {}", self.attempts);
            say(at.child("attempts"), message);
        }
        if !(1.0..=10.0).contains(&self.factor) {
            say(at.child("factor"), format!("a factor is between 1 and 10, not {}", self.factor));
        }
        for (name, delay) in [("first_delay", self.first_delay), ("max_delay", self.max_delay)] {
            if delay > Self::MAX_DELAY {
                say(at.child(name), format!("a wait is at most {}, not {delay}", Self::MAX_DELAY));
            }
        }
        if self.first_delay > self.max_delay {
            let message = format!("the first wait is longer than the longest, {}", self.max_delay);
            say(at.child("first_delay"), message);
        }
    }
}
