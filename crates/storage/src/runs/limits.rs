//! Limits of a run: of which keys it takes a place, and where it waits while there is none.

use serde::{Deserialize, Serialize};

/// How many runs of one key may be at work at a time, over all instances.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunLimit {
    /// The key, such as `pipeline:pip_…`.
    pub key: String,
    /// The most, at least 1.
    pub max: u32,
    /// Whether a run that waits keeps its place, from its first claim until it has ended. Without it
    /// the place is free while nobody owns the run.
    pub until_end: bool,
}

/// What a run waits for beside its time: a place of each of these, all at once. Runs with the same lane
/// find room, or none, together.
///
/// Invariant: limits are in the order of their keys, each key once, so that the same set is written the
/// same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lane {
    /// Whether its runs have been at work before: they go first, so that what was begun comes to an end.
    pub(super) begun: bool,
    /// The limits.
    pub(super) limits: Vec<RunLimit>,
}

impl RunLimit {
    /// The limits as a run's row keeps them; `None` for none. Of two with the same key the tighter one
    /// holds.
    pub(crate) fn write(limits: &[Self]) -> Option<String> {
        let limits = in_order(limits);
        if limits.is_empty() { None } else { Some(text(&limits)) }
    }

    /// The lane in which a run with these limits waits for its first claim.
    pub(crate) fn first_lane(limits: &[Self]) -> Option<String> {
        Lane { begun: false, limits: in_order(limits) }.write()
    }
}

impl Lane {
    /// The lane as a run's row has it; nothing for one without limits.
    pub(super) fn write(&self) -> Option<String> {
        if self.limits.is_empty() { None } else { Some(text(self)) }
    }

    pub(super) fn read(lane: &str) -> serde_json::Result<Self> {
        serde_json::from_str(lane)
    }

    /// Where a run of this lane waits when it is to go on: places that are kept until its end need not
    /// be found again.
    pub(super) fn after_claim(&self) -> Self {
        let again = self.limits.iter().filter(|limit| !limit.until_end);
        Self { begun: true, limits: again.cloned().collect() }
    }
}

fn in_order(limits: &[RunLimit]) -> Vec<RunLimit> {
    let mut limits = limits.to_vec();
    limits.sort();
    limits.dedup_by(|later, first| {
        let same = later.key == first.key;
        if same {
            // Its place may be kept by the looser one.
            first.until_end |= later.until_end;
        }
        same
    });
    limits
}

fn text(what: &impl Serialize) -> String {
    serde_json::to_string(what).expect("limits are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(key: &str, max: u32, until_end: bool) -> RunLimit {
        RunLimit { key: key.into(), max, until_end }
    }

    #[test]
    fn the_same_set_is_the_same_lane() {
        let (one, other) = (limit("agent:a", 2, false), limit("thread:b", 1, true));
        let lane = RunLimit::first_lane(&[one.clone(), other.clone()]).unwrap();
        assert_eq!(RunLimit::first_lane(&[other.clone(), one.clone()]).unwrap(), lane);
        assert_eq!(RunLimit::first_lane(&[other, limit("agent:a", 9, false), one]).unwrap(), lane);
        assert_eq!(
            lane,
            r#"{"begun":false,"limits":[{"key":"agent:a","max":2,"until_end":false},{"key":"thread:b","max":1,"until_end":true}]}"#
        );
    }

    #[test]
    fn a_run_without_limits_has_no_lane() {
        assert_eq!((RunLimit::write(&[]), RunLimit::first_lane(&[])), (None, None));
    }

    #[test]
    fn what_is_kept_until_the_end_is_not_looked_for_again() {
        let limits = [limit("agent:a", 2, false), limit("thread:b", 1, true)];
        let lane = Lane::read(&RunLimit::first_lane(&limits).unwrap()).unwrap();
        assert_eq!(lane.after_claim(), Lane { begun: true, limits: limits[..1].to_vec() });
        let lane = Lane::read(&RunLimit::first_lane(&limits[1..]).unwrap()).unwrap();
        assert_eq!(lane.after_claim().write(), None);
    }
}
