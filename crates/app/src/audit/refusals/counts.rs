//! How many refusals of each kind were left out, in bounded memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gathering_domain::{Duration, Timestamp};

use super::Kind;

/// Of equal refusals, one in so long a time is recorded, with the number of those left out since.
pub(in crate::audit) const WINDOW: Duration = Duration::from_secs(60);
/// Kinds of those who are known that are told apart at most; the rest counts as one.
const MOST_KNOWN: usize = 10_000;
/// The same of those who are nobody: a stranger has as many networks as they like, and each kind costs two
/// rows a minute.
const MOST_NOBODY: usize = 200;

/// Refusals of the last while, counted. Strangers have a place of their own, so that none of them can
/// crowd out what is told of somebody who is known.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    known: Mutex<Counts>,
    nobody: Mutex<Counts>,
}

type Counts = HashMap<Kind, Seen>;

#[derive(Debug, Clone, Copy)]
struct Seen {
    since: Timestamp,
    left_out: u64,
}

/// Which counts are to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those whose time is over.
    Over,
    /// All: there may be no later.
    All,
}

/// A count that is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) kind: Kind,
    pub(super) since: Timestamp,
    pub(super) left_out: u64,
}

/// Counts that were taken to be told. Those that were not by the end of this are counted on.
#[derive(Debug)]
pub(super) struct Untold<'a> {
    refusals: &'a Refusals,
    counts: Vec<Told>,
    told: usize,
}

impl Refusals {
    /// Whether it is to be recorded, and then with how many that were left out before it.
    pub(super) fn admit(&self, kind: Kind, now: Timestamp) -> Option<u64> {
        let (mut seen, most, rest) = self.counts_of(&kind);
        let kind = if seen.len() < most || seen.contains_key(&kind) { kind } else { rest };
        match seen.get_mut(&kind) {
            Some(found) if now.since(found.since) < WINDOW => {
                found.left_out += 1;
                None
            }
            found => {
                let left_out = found.map_or(0, |found| found.left_out);
                seen.insert(kind, Seen { since: now, left_out: 0 });
                Some(left_out)
            }
        }
    }

    /// Takes counts out to tell them, and forgets those whose time is over.
    pub(super) fn take(&self, which: Which, now: Timestamp) -> Vec<Told> {
        let mut taken = Vec::new();
        for counts in [&self.known, &self.nobody] {
            locked(counts).retain(|kind, found| {
                let fresh = now.since(found.since) < WINDOW;
                if found.left_out > 0 && (!fresh || which == Which::All) {
                    let Seen { since, left_out } = *found;
                    taken.push(Told { kind: *kind, since, left_out });
                    found.left_out = 0;
                }
                fresh
            });
        }
        taken
    }

    fn put_back(&self, told: &Told) {
        let Told { kind, since, left_out } = *told;
        let (mut seen, ..) = self.counts_of(&kind);
        seen.entry(kind).or_insert(Seen { since, left_out: 0 }).left_out += left_out;
    }

    /// Where a kind is counted, how many kinds there may be, and as what the rest counts.
    fn counts_of(&self, kind: &Kind) -> (MutexGuard<'_, Counts>, usize, Kind) {
        match kind {
            Kind::Known(..) | Kind::AnyKnown => (locked(&self.known), MOST_KNOWN, Kind::AnyKnown),
            Kind::Nobody(..) | Kind::AnyNobody => {
                (locked(&self.nobody), MOST_NOBODY, Kind::AnyNobody)
            }
        }
    }
}

impl<'a> Untold<'a> {
    pub(super) const fn new(refusals: &'a Refusals, counts: Vec<Told>) -> Self {
        Self { refusals, counts, told: 0 }
    }

    /// The first of those that were not told.
    pub(super) fn first(&self, most: usize) -> &[Told] {
        let rest = &self.counts[self.told..];
        &rest[..rest.len().min(most)]
    }

    /// So many more were told.
    pub(super) const fn told(&mut self, count: usize) {
        self.told += count;
    }
}

impl Drop for Untold<'_> {
    fn drop(&mut self) {
        for told in self.first(usize::MAX) {
            self.refusals.put_back(told);
        }
    }
}

fn locked(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use gathering_domain::Actor;

    use super::*;

    const BEGIN: Timestamp = Timestamp::from_micros(1);

    fn known(path: &'static str) -> Kind {
        Kind::Known(Actor::System, ("GET", path), "forbidden")
    }

    fn stranger(n: usize) -> Kind {
        let address = IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
        Kind::Nobody(Some(address), "unauthenticated")
    }

    #[test]
    fn a_flood_is_counted_and_told_with_the_next() {
        let refusals = Refusals::default();
        let kind = known("/api/v1/users");
        assert_eq!(refusals.admit(kind, BEGIN), Some(0));
        for _ in 0..5 {
            assert_eq!(refusals.admit(kind, BEGIN), None);
        }
        assert_eq!(refusals.admit(known("/api/v1/audit"), BEGIN), Some(0));
        assert_eq!(refusals.take(Which::Over, BEGIN), []);
        let later = BEGIN + WINDOW;
        assert_eq!(refusals.admit(kind, later), Some(5));
        assert_eq!(refusals.admit(kind, later), None);
        let told = Told { kind, since: later, left_out: 1 };
        assert_eq!(refusals.take(Which::Over, later + WINDOW), [told]);
        assert!(locked(&refusals.known).is_empty());
    }

    #[test]
    fn what_is_not_over_is_told_at_the_end_and_once() {
        let (refusals, kind) = (Refusals::default(), known("/api/v1/users"));
        refusals.admit(kind, BEGIN);
        refusals.admit(kind, BEGIN);
        let told = Told { kind, since: BEGIN, left_out: 1 };
        assert_eq!(refusals.take(Which::All, BEGIN), [told]);
        assert_eq!(refusals.take(Which::All, BEGIN), []);
        assert_eq!(refusals.admit(kind, BEGIN), None, "its minute goes on");
    }

    #[test]
    fn what_was_taken_and_not_told_is_counted_on() {
        let refusals = Refusals::default();
        for kind in [known("/a"), known("/b")] {
            refusals.admit(kind, BEGIN);
            refusals.admit(kind, BEGIN);
        }
        let over = BEGIN + WINDOW;
        let mut untold = Untold::new(&refusals, refusals.take(Which::Over, over));
        let [told, failed] = untold.first(9).try_into().unwrap();
        untold.told(1);
        drop(untold);
        assert_eq!(refusals.admit(told.kind, over), Some(0));
        assert_eq!(refusals.admit(failed.kind, over), Some(1));
    }

    #[test]
    fn strangers_cost_a_bounded_number_of_rows_and_crowd_nobody_out() {
        let refusals = Refusals::default();
        let recorded = (0..60_000).filter(|n| refusals.admit(stranger(*n), BEGIN).is_some());
        assert_eq!(recorded.count(), MOST_NOBODY + 1);
        assert_eq!(refusals.admit(known("/api/v1/users"), BEGIN), Some(0));
        assert_eq!(refusals.admit(known("/api/v1/users"), BEGIN), None);
        let kinds = |told: Vec<Told>| told.into_iter().map(|told| (told.kind, told.left_out));
        let told: Vec<_> = kinds(refusals.take(Which::Over, BEGIN + WINDOW)).collect();
        let rest = 60_000 - u64::try_from(MOST_NOBODY).unwrap() - 1;
        assert_eq!(told, [(known("/api/v1/users"), 1), (Kind::AnyNobody, rest)]);
    }

    #[test]
    fn memory_for_those_who_are_known_is_bounded() {
        let refusals = Refusals::default();
        let paths = (0..MOST_KNOWN + 10).map(|n| &*n.to_string().leak());
        for path in paths {
            refusals.admit(known(path), BEGIN);
        }
        assert_eq!(locked(&refusals.known).len(), MOST_KNOWN + 1);
    }
}
