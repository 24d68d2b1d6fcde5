//! A bounded cache: what was used last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How many things are kept.
const KEPT: usize = 1_000;

/// Things by their keys. Beyond the bound, the one that was used longest ago goes.
pub(super) struct Kept<K, V>(Mutex<Uses<K, V>>);

/// Each thing with the number of its last use.
struct Uses<K, V> {
    now: u64,
    things: HashMap<K, (u64, Arc<V>)>,
}

impl<K: std::hash::Hash + Eq + Clone, V> Kept<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let now = kept.now;
        let (used, found) = kept.things.get_mut(key)?;
        *used = now;
        Some(Arc::clone(found))
    }

    pub(super) fn remove(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).things.remove(key);
    }

    pub(super) fn put(&self, key: K, value: V) -> Arc<V> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        if kept.things.len() >= KEPT {
            let oldest = kept.things.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                kept.things.remove(&oldest);
            }
        }
        let value = Arc::new(value);
        let now = kept.now;
        kept.things.insert(key, (now, Arc::clone(&value)));
        value
    }
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Uses { now: 0, things: HashMap::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_forgets_what_was_used_longest_ago() {
        let kept = Kept::<usize, usize>::default();
        for n in 0..KEPT {
            kept.put(n, n);
        }
        assert!(kept.get(&0).is_some());
        kept.put(KEPT, KEPT);
        assert!(kept.get(&0).is_some());
        assert!(kept.get(&1).is_none());
        assert!(kept.get(&KEPT).is_some());
    }
}
