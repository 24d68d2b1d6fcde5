//! How often a client speaks, at the least and at the most.

use std::time::Duration;

use tokio::time::Instant;

use crate::Options;

/// How many messages of a client are read at once after a rest.
const BURST: u32 = 50;
/// How long one more takes to be read after those: 20 a second.
const EACH: Duration = Duration::from_millis(50);

/// Watches over a client: asks it whether it is alive, and reads no more of it than is due.
#[derive(Debug)]
pub(super) struct Pulse {
    every: Duration,
    patience: Duration,
    idle: Duration,
    /// Whether the client was asked, and has not said anything since.
    asked: bool,
    /// When it is asked, or was to have answered.
    due: Instant,
    /// When it must have subscribed to something, while it has not.
    lonely: Option<Instant>,
    /// When all that was read will have been due.
    read: Instant,
}

/// What is to be done at a beat.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing yet.
    Rest,
    /// The client is to be asked whether it is alive.
    Ask,
    /// It has not answered.
    Dead,
    /// It has not subscribed to anything for too long.
    Unused,
}

impl Pulse {
    /// Of a client without subscriptions.
    pub(super) fn begin(options: &Options, now: Instant) -> Self {
        let (every, idle) = (options.keep_alive.std(), options.idle_time.std());
        Self {
            every,
            patience: options.stall_time.std(),
            idle,
            asked: false,
            due: now + every,
            lonely: Some(now + idle),
            read: now,
        }
    }

    /// The client has said something, whatever it was.
    pub(super) fn heard(&mut self, now: Instant) {
        (self.asked, self.due) = (false, now + self.every);
        self.read = self.read.max(now) + EACH;
    }

    /// When the client's next message may be read. Until then it waits where it is.
    pub(super) fn reads_at(&self) -> Instant {
        self.read.checked_sub(EACH * BURST).unwrap_or(self.read)
    }

    /// The client has subscriptions, or has none.
    pub(super) fn used(&mut self, used: bool, now: Instant) {
        self.lonely = if used { None } else { self.lonely.or(Some(now + self.idle)) };
    }

    /// When there is something to be done.
    pub(super) fn beats_at(&self) -> Instant {
        self.lonely.map_or(self.due, |lonely| lonely.min(self.due))
    }

    /// What is to be done now.
    pub(super) fn beat(&mut self, now: Instant) -> Beat {
        if self.lonely.is_some_and(|lonely| lonely <= now) {
            return Beat::Unused;
        }
        match (self.due <= now, self.asked) {
            (false, _) => Beat::Rest,
            (true, true) => Beat::Dead,
            (true, false) => {
                (self.asked, self.due) = (true, now + self.patience);
                Beat::Ask
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(now: Instant) -> Pulse {
        let options = Options {
            keep_alive: gathering_domain::Duration::from_secs(15),
            stall_time: gathering_domain::Duration::from_secs(30),
            idle_time: gathering_domain::Duration::from_secs(75),
            ..Options::default()
        };
        Pulse::begin(&options, now)
    }

    #[test]
    fn who_is_silent_is_asked_and_who_does_not_answer_is_gone() {
        let now = Instant::now();
        let at = |secs| now + Duration::from_secs(secs);
        let mut pulse = pulse(now);
        pulse.used(true, now);
        assert_eq!((pulse.beats_at(), pulse.beat(at(14))), (at(15), Beat::Rest));
        assert_eq!(pulse.beat(at(15)), Beat::Ask);
        assert_eq!((pulse.beats_at(), pulse.beat(at(44))), (at(45), Beat::Rest));
        pulse.heard(at(44));
        assert_eq!((pulse.beats_at(), pulse.beat(at(59))), (at(59), Beat::Ask));
        assert_eq!(pulse.beat(at(89)), Beat::Dead);
    }

    #[test]
    fn who_subscribes_to_nothing_is_let_go() {
        let now = Instant::now();
        let at = |secs| now + Duration::from_secs(secs);
        let mut pulse = pulse(now);
        for secs in [10, 30, 50, 70] {
            pulse.used(false, at(secs));
            pulse.heard(at(secs));
        }
        assert_eq!((pulse.beats_at(), pulse.beat(at(75))), (at(75), Beat::Unused));
        pulse.used(true, at(75));
        assert_eq!(pulse.beat(at(76)), Beat::Rest);
        pulse.used(false, at(80));
        assert_eq!(pulse.lonely, Some(at(155)));
    }

    #[test]
    fn who_says_much_is_read_slowly() {
        let now = Instant::now();
        let mut pulse = pulse(now);
        for _ in 0..BURST {
            assert!(pulse.reads_at() <= now);
            pulse.heard(now);
        }
        assert!(pulse.reads_at() <= now, "so many at once");
        pulse.heard(now);
        assert_eq!(pulse.reads_at(), now + EACH);
        let rested = now + EACH * BURST * 2;
        pulse.heard(rested);
        assert_eq!(pulse.reads_at(), rested + EACH - EACH * BURST);
    }
}
