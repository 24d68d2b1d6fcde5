//! Sums of journals that were read, so that whoever polls a run makes it read only what is new.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use gathering_domain::RunId;
use gathering_engine::Tally;
use gathering_storage::Position;

/// How many runs are kept in mind; of more, those that were asked for longest ago are forgotten.
const MOST: usize = 4_096;

/// The sums of the runs that were looked at last. A journal only grows, so that they stay true.
#[derive(Default)]
pub(crate) struct Tallies {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    runs: HashMap<RunId, Known>,
    looks: u64,
}

/// The sum of a journal up to a place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Known {
    pub(super) upto: Position,
    pub(super) tally: Tally,
    looked: u64,
}

impl Tallies {
    pub(super) fn get(&self, id: RunId) -> Known {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.looks += 1;
        let looked = kept.looks;
        let Some(known) = kept.runs.get_mut(&id) else { return Known::default() };
        known.looked = looked;
        *known
    }

    /// Keeps a sum, unless one that reaches further is known.
    pub(super) fn put(&self, id: RunId, mut known: Known) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.runs.get(&id).is_some_and(|kept| kept.upto >= known.upto) {
            return;
        }
        if kept.runs.len() >= MOST && !kept.runs.contains_key(&id) {
            // Half of them at once, so that the rest of the next calls need no search.
            let mut looked: Vec<u64> = kept.runs.values().map(|known| known.looked).collect();
            let (_, middle, _) = looked.select_nth_unstable(MOST / 2);
            let middle = *middle;
            kept.runs.retain(|_, known| known.looked > middle);
        }
        known.looked = kept.looks;
        kept.runs.insert(id, known);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn those_that_were_asked_for_longest_ago_are_forgotten() {
        let tallies = Tallies::default();
        let id = |n: usize| RunId::from_uuid(Uuid::from_u128(n as u128));
        let known = Known { upto: Position(1), ..Known::default() };
        for n in 0..MOST {
            assert_eq!(tallies.get(id(n)), Known::default());
            tallies.put(id(n), known);
        }
        assert_eq!(tallies.get(id(0)).upto, Position(1));
        tallies.put(id(MOST), known);
        assert_eq!(tallies.get(id(0)).upto, Position(1), "it was asked for just now");
        assert_eq!(tallies.get(id(1)), Known::default());
        assert!(tallies.kept.lock().unwrap().runs.len() <= MOST);
    }
}
