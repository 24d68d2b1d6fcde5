//! Places that are held for a while: so many in all, and a share of them for one.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Places that are held for a while. Remembers nobody who holds none.
#[derive(Debug)]
pub(crate) struct Places<K> {
    most: usize,
    most_of_one: usize,
    held: Mutex<Held<K>>,
}

#[derive(Debug)]
struct Held<K> {
    all: usize,
    of: HashMap<K, usize>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<K: Eq + Hash> {
    among: Arc<Places<K>>,
    of: K,
}

impl<K: Copy + Eq + Hash> Places<K> {
    /// So many places, of which one may hold such a part: `2` for a half.
    pub(crate) fn of(most: usize, part: usize) -> Arc<Self> {
        let held = Held { all: 0, of: HashMap::new() };
        Arc::new(Self { most, most_of_one: most.div_ceil(part), held: Mutex::new(held) })
    }

    /// A place, if there is one and this one does not hold its share.
    pub(crate) fn enter(self: &Arc<Self>, one: K) -> Option<Place<K>> {
        let mut held = self.held();
        let own = held.of.get(&one).copied().unwrap_or(0);
        if held.all >= self.most || own >= self.most_of_one {
            return None;
        }
        held.all += 1;
        held.of.insert(one, own + 1);
        Some(Place { among: Arc::clone(self), of: one })
    }
}

impl<K> Places<K> {
    fn held(&self) -> MutexGuard<'_, Held<K>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut held = self.among.held();
        held.all -= 1;
        match held.of.get_mut(&self.of) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => {
                held.of.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_takes_its_share_and_all_together_no_more_than_all() {
        let places = Places::of(5, 2);
        let mut held: Vec<_> = (0..9).filter_map(|_| places.enter("one")).collect();
        assert_eq!(held.len(), 3);
        held.extend((0..9).filter_map(|_| places.enter("other")));
        assert_eq!(held.len(), 5);
        assert!(places.enter("third").is_none());
        held.truncate(3);
        assert!(places.enter("one").is_none());
        assert!(places.enter("third").is_some());
        held.clear();
        assert!(places.held().of.is_empty());
        assert_eq!(places.held().all, 0);
    }

    #[test]
    fn the_smallest_share_is_one_place() {
        let places = Places::of(1, 4);
        let held = places.enter(7);
        assert!(held.is_some() && places.enter(7).is_none());
        assert!(Places::of(0, 4).enter(7).is_none());
    }
}
