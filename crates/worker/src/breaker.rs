//! Circuit breakers: one for each target of a project, shared by all of its runs on the instance.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use gathering_domain::{Clock, Duration, ProjectId, Timestamp};
use serde::Serialize;

/// When a breaker opens, and for how long. One place, so that all targets behave alike.
#[derive(Debug, Clone, Copy)]
pub struct BreakerPolicy {
    /// How far back attempts count.
    pub window: Duration,
    /// How many attempts the window needs before their ratio means anything.
    pub least_attempts: usize,
    /// The share of failures that opens the breaker.
    pub failure_ratio: f64,
    /// How long it stays open before one probe is let through.
    pub open_for: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            least_attempts: 8,
            failure_ratio: 0.5,
            open_for: Duration::from_secs(10),
        }
    }
}

/// The most attempts that one breaker remembers, and the most targets that are watched at a time.
const MAX_REMEMBERED: usize = 256;
const MAX_TARGETS: usize = 4_096;
/// The most bytes of a target's name: longer than that of any host that can be asked. A name comes out of
/// a definition, and it is kept.
const MAX_NAME_BYTES: usize = 300;

/// What a breaker watches: one project cannot close another's way to a target, nor learn how it fares.
type Target = (ProjectId, String);

/// What a breaker does with the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Lets everything through.
    Closed,
    /// Lets nothing through.
    Open,
    /// Lets exactly one probe through.
    HalfOpen,
}

/// What people see of a breaker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BreakerView {
    /// Whose runs it lets through.
    pub project_id: ProjectId,
    /// What it watches.
    pub target: String,
    /// What it does.
    pub state: BreakerState,
    /// Attempts in the window.
    pub attempts: usize,
    /// Failures among them.
    pub failures: usize,
    /// When an open breaker lets a probe through.
    pub probe_at: Option<Timestamp>,
}

/// All breakers of an instance.
#[derive(Clone)]
pub struct Breakers {
    clock: Arc<dyn Clock>,
    policy: BreakerPolicy,
    targets: Arc<Mutex<HashMap<Target, Breaker>>>,
}

/// Leave to try a target once. Must be told how it went; dropped untold, it counts as nothing and
/// frees the probe.
pub struct Leave {
    breakers: Breakers,
    target: Target,
    probe: bool,
    told: bool,
    /// From when on it counts as failed if it is dropped.
    late_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Breaker {
    attempts: VecDeque<(Timestamp, bool)>,
    asked_at: Option<Timestamp>,
    opened_at: Option<Timestamp>,
    probing: bool,
}

impl Breakers {
    /// Breakers that all follow `policy`.
    pub fn new(clock: Arc<dyn Clock>, policy: BreakerPolicy) -> Self {
        Self { clock, policy, targets: Arc::default() }
    }

    /// Asks to try a target for a run of a project. `Err` says how long to wait before asking again.
    pub fn ask(&self, project_id: ProjectId, name: &str) -> Result<Leave, Duration> {
        let now = self.clock.now();
        let target = (project_id, name[..name.floor_char_boundary(MAX_NAME_BYTES)].to_owned());
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if !targets.contains_key(&target) && targets.len() >= MAX_TARGETS {
            forget_one(&mut targets);
        }
        let breaker = targets.entry(target.clone()).or_default();
        breaker.asked_at = Some(now);
        let probe = match breaker.opened_at {
            None => false,
            Some(opened) => {
                let probe_at = opened + self.policy.open_for;
                if now < probe_at {
                    return Err(probe_at.since(now));
                }
                if breaker.probing {
                    return Err(self.policy.open_for);
                }
                breaker.probing = true;
                true
            }
        };
        Ok(Leave { breakers: self.clone(), target, probe, told: false, late_at: None })
    }

    /// All breakers, by project and target.
    pub fn view(&self) -> Vec<BreakerView> {
        let now = self.clock.now();
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut views: Vec<BreakerView> = targets
            .iter()
            .map(|((project_id, target), breaker)| {
                let probe_at = breaker.opened_at.map(|opened| opened + self.policy.open_for);
                let state = match probe_at {
                    None => BreakerState::Closed,
                    Some(at) if now < at => BreakerState::Open,
                    Some(_) => BreakerState::HalfOpen,
                };
                let (attempts, failures) = breaker.counts(now, self.policy.window);
                BreakerView {
                    project_id: *project_id,
                    target: target.clone(),
                    state,
                    attempts,
                    failures,
                    probe_at,
                }
            })
            .collect();
        views.sort_by(|one, other| {
            (one.project_id, &one.target).cmp(&(other.project_id, &other.target))
        });
        views
    }

    fn tell(&self, target: &Target, probe: bool, well: Option<bool>) {
        let now = self.clock.now();
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(breaker) = targets.get_mut(target) else { return };
        if probe {
            breaker.probing = false;
        }
        let Some(well) = well else { return };
        breaker.attempts.push_back((now, well));
        if breaker.attempts.len() > MAX_REMEMBERED {
            breaker.attempts.pop_front();
        }
        if probe && well {
            *breaker = Breaker { asked_at: breaker.asked_at, ..Breaker::default() };
        } else if probe || breaker.opened_at.is_none() && breaker.is_failing(now, self.policy) {
            breaker.opened_at = Some(now);
        }
    }
}

/// Makes room for one more target. The closed breaker that was not asked for longest goes first; where
/// all are open, the one that opened first, whose probe is the nearest.
fn forget_one(targets: &mut HashMap<Target, Breaker>) {
    let rank =
        |breaker: &Breaker| (breaker.opened_at.is_some(), breaker.opened_at.or(breaker.asked_at));
    let least = targets.iter().min_by_key(|(_, breaker)| rank(breaker));
    if let Some(target) = least.map(|(target, _)| target.clone()) {
        targets.remove(&target);
    }
}

impl gathering_app::system::Breakers for Breakers {
    fn list(&self) -> Vec<gathering_app::system::Breaker> {
        let views = self.view().into_iter();
        views
            .map(|view| gathering_app::system::Breaker {
                project_id: view.project_id,
                target: view.target,
                state: view.state.as_str(),
                retry_at: view.probe_at,
            })
            .collect()
    }
}

impl BreakerState {
    /// The word that the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The part of its time, in tenths, that an attempt must have had to count as failed if it is dropped.
const NEARLY_ALL: u64 = 9;

impl Leave {
    /// Counts the attempt as failed if it is dropped untold when its time, `timeout`, has as good as run
    /// out: whoever ends it then does so because the target has not answered.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        let nearly_all = Duration::from_micros(timeout.micros() / 10 * NEARLY_ALL);
        self.late_at = Some(self.breakers.clock.now() + nearly_all);
        self
    }

    /// The target answered, whatever it said about the request.
    pub fn worked(mut self) {
        self.told = true;
        self.breakers.tell(&self.target, self.probe, Some(true));
    }

    /// The target failed: no answer, overload, an error of its own.
    pub fn failed(mut self) {
        self.told = true;
        self.breakers.tell(&self.target, self.probe, Some(false));
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if !self.told {
            let late = self.late_at.is_some_and(|at| self.breakers.clock.now() >= at);
            self.breakers.tell(&self.target, self.probe, late.then_some(false));
        }
    }
}

impl Breaker {
    fn counts(&self, now: Timestamp, window: Duration) -> (usize, usize) {
        let recent = || self.attempts.iter().filter(|(at, _)| now.since(*at) <= window);
        (recent().count(), recent().filter(|(_, well)| !well).count())
    }

    #[expect(clippy::cast_precision_loss, reason = "at most MAX_REMEMBERED")]
    fn is_failing(&self, now: Timestamp, policy: BreakerPolicy) -> bool {
        let (attempts, failures) = self.counts(now, policy.window);
        attempts >= policy.least_attempts
            && failures as f64 / attempts as f64 >= policy.failure_ratio
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct HandClock(Mutex<i64>);

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(*self.0.lock().unwrap())
        }
    }

    fn here() -> ProjectId {
        ProjectId::from_uuid(uuid::Uuid::nil())
    }

    fn breakers() -> (Arc<HandClock>, Breakers) {
        let clock = Arc::new(HandClock::default());
        let policy = BreakerPolicy { least_attempts: 4, ..BreakerPolicy::default() };
        (Arc::clone(&clock), Breakers::new(clock, policy))
    }

    fn open(breakers: &Breakers) {
        open_one(breakers, "a");
    }

    fn open_one(breakers: &Breakers, target: &str) {
        for _ in 0..4 {
            breakers.ask(here(), target).unwrap_or_else(|_| panic!("still closed")).failed();
        }
    }

    #[test]
    fn failures_open_it_for_all_but_other_targets() {
        let (_, breakers) = breakers();
        open(&breakers);
        assert_eq!(breakers.ask(here(), "a").err(), Some(Duration::from_secs(10)));
        assert!(breakers.ask(here(), "b").is_ok());
        assert_eq!(breakers.view()[0].state, BreakerState::Open);
    }

    #[test]
    fn projects_have_breakers_of_their_own_and_names_an_end() {
        let (_, breakers) = breakers();
        open(&breakers);
        let other = ProjectId::from_uuid(uuid::Uuid::max());
        assert!(breakers.ask(other, "a").is_ok());
        drop(breakers.ask(other, &"é".repeat(1_000_000)));
        let longest = breakers.view().into_iter().map(|view| view.target.len()).max();
        assert_eq!(longest, Some(MAX_NAME_BYTES));
    }

    #[test]
    fn exactly_one_probe_passes_and_decides() {
        let (clock, breakers) = breakers();
        open(&breakers);
        *clock.0.lock().unwrap() = 10_000_000;
        let probe = breakers.ask(here(), "a").unwrap_or_else(|_| panic!("a probe passes"));
        assert!(breakers.ask(here(), "a").is_err(), "a second one does not");
        probe.failed();
        assert!(breakers.ask(here(), "a").is_err(), "open again");
        *clock.0.lock().unwrap() = 20_000_000;
        breakers.ask(here(), "a").unwrap_or_else(|_| panic!("a probe passes")).worked();
        assert_eq!(breakers.view()[0].state, BreakerState::Closed);
    }

    #[test]
    fn a_dropped_probe_frees_its_place() {
        let (clock, breakers) = breakers();
        open(&breakers);
        *clock.0.lock().unwrap() = 10_000_000;
        drop(breakers.ask(here(), "a"));
        assert!(breakers.ask(here(), "a").is_ok());
    }

    #[test]
    fn an_attempt_that_is_dropped_when_its_time_is_over_has_failed() {
        let (clock, breakers) = breakers();
        let ask = || breakers.ask(here(), "a").unwrap_or_else(|_| panic!("still closed"));
        for (dropped_at, failures) in [(8_000_000, 0), (9_999_000, 1)] {
            *clock.0.lock().unwrap() = 0;
            let leave = ask().within(Duration::from_secs(10));
            *clock.0.lock().unwrap() = dropped_at;
            drop(leave);
            assert_eq!(breakers.view()[0].failures, failures);
        }
    }

    #[test]
    fn successes_and_old_failures_keep_it_closed() {
        let (clock, breakers) = breakers();
        for at in 0..20 {
            *clock.0.lock().unwrap() = at * 20_000_000;
            breakers.ask(here(), "a").unwrap_or_else(|_| panic!("closed")).failed();
        }
        assert_eq!(breakers.view()[0].state, BreakerState::Closed);
    }
    #[test]
    fn open_breakers_are_bounded_and_the_one_nearest_to_its_probe_goes() {
        let (clock, breakers) = breakers();
        for at in 0..MAX_TARGETS {
            *clock.0.lock().unwrap() = i64::try_from(at).unwrap();
            open_one(&breakers, &at.to_string());
        }
        assert!(breakers.ask(here(), "0").is_err(), "as many as there may be are all watched");
        for more in 0..3 {
            open_one(&breakers, &format!("more {more}"));
            assert_eq!(breakers.view().len(), MAX_TARGETS);
        }
        for forgotten in ["0", "1", "2"] {
            assert!(breakers.view().iter().all(|view| view.target != forgotten));
        }
        assert!(breakers.ask(here(), "3").is_err(), "the others stay open");
        assert!(breakers.ask(here(), "more 0").is_err(), "the newest as well");
    }

    #[test]
    fn closed_breakers_go_before_open_ones_and_the_idle_before_the_busy() {
        let (clock, breakers) = breakers();
        open(&breakers);
        for at in 1..MAX_TARGETS {
            *clock.0.lock().unwrap() = i64::try_from(at).unwrap();
            breakers.ask(here(), &at.to_string()).unwrap_or_else(|_| panic!("closed")).worked();
        }
        *clock.0.lock().unwrap() = 5_000;
        breakers.ask(here(), "1").unwrap_or_else(|_| panic!("closed")).worked();
        drop(breakers.ask(here(), "more"));
        let known: Vec<String> = breakers.view().into_iter().map(|view| view.target).collect();
        assert_eq!(known.len(), MAX_TARGETS);
        let has = |target: &str| known.iter().any(|known| known == target);
        assert_eq!([has("a"), has("1"), has("2"), has("more")], [true, true, false, true]);
    }
}
