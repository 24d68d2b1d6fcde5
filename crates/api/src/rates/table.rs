//! A table of fixed size from hashed keys to instants: what runs out first gives way.

use std::sync::{Mutex, PoisonError};

/// Entries that share a bucket: a key is in one of them or nowhere.
const WAYS: usize = 8;
/// Parts of the table that are locked apart.
const STRIPES: usize = 64;

/// The tags of the entries, 0 for a free one, and then their values. As plain numbers, so that the
/// system gives the memory when it is first written.
type Bucket = [u64; 2 * WAYS];

/// A table of fixed size from hashed keys to instants in microseconds. It never grows: a new key takes
/// the place of the entry in its bucket whose instant comes first.
pub(super) struct Table {
    stripes: Box<[Mutex<Box<[Bucket]>>]>,
}

/// What the table has for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    /// The key's own value, or that of the entry whose place it would take: 0 for a free one.
    pub(super) value: u64,
    /// Whether it is the key's own.
    pub(super) own: bool,
}

impl Table {
    /// A table of so many buckets, at least one for each stripe.
    pub(super) fn of(buckets: usize) -> Self {
        let each = buckets.div_ceil(STRIPES).max(1);
        let stripe = || Mutex::new(vec![[0; 2 * WAYS]; each].into_boxed_slice());
        Self { stripes: (0..STRIPES).map(|_| stripe()).collect() }
    }

    /// Looks up a key by its hash, and stores the value that `change` says, if it says one.
    pub(super) fn update<T>(&self, hash: u64, change: impl FnOnce(Kept) -> (T, Option<u64>)) -> T {
        let tag = hash.max(1);
        let (stripe, rest) = (index(hash, STRIPES), hash / STRIPES as u64);
        let mut buckets = self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = index(rest, buckets.len());
        let (tags, values) = buckets[bucket].split_at_mut(WAYS);
        let own = tags.iter().position(|of| *of == tag);
        let first = || (0..WAYS).min_by_key(|place| values[*place]).unwrap_or_default();
        let place = own.unwrap_or_else(first);
        let (answer, value) = change(Kept { value: values[place], own: own.is_some() });
        if let Some(value) = value {
            (tags[place], values[place]) = (tag, value);
        }
        answer
    }

    /// The key's own value.
    pub(super) fn get(&self, hash: u64) -> Option<u64> {
        self.update(hash, |kept| (kept.own.then_some(kept.value), None))
    }

    /// The memory of the entries, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |stripe: &Mutex<Box<[Bucket]>>| {
            size_of_val(&**stripe.lock().unwrap_or_else(PoisonError::into_inner))
        };
        self.stripes.iter().map(bytes).sum()
    }
}

/// The remainder, as an index.
fn index(hash: u64, of: usize) -> usize {
    usize::try_from(hash % of as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stores a value, and tells what was there for the key.
    fn put(table: &Table, hash: u64, value: u64) -> Kept {
        table.update(hash, |kept| (kept, Some(value)))
    }

    #[test]
    fn a_full_bucket_gives_up_what_runs_out_first() {
        let table = Table::of(STRIPES);
        // All of one bucket: one stripe, and its only bucket.
        let hash = |n: u64| n * STRIPES as u64;
        for n in 1..=8 {
            assert_eq!(put(&table, hash(n), 100 + n), Kept { value: 0, own: false });
        }
        assert_eq!(put(&table, hash(1), 200), Kept { value: 101, own: true });
        assert_eq!(put(&table, hash(9), 300), Kept { value: 102, own: false });
        assert_eq!(table.get(hash(2)), None);
        assert_eq!((table.get(hash(1)), table.get(hash(9))), (Some(200), Some(300)));
        assert_eq!(table.get(hash(3)), Some(103));
    }

    #[test]
    fn a_look_changes_nothing() {
        let table = Table::of(STRIPES);
        assert_eq!(table.get(0), None);
        put(&table, 0, 7);
        assert_eq!(table.get(0), Some(7));
        assert_eq!(table.bytes(), STRIPES * 2 * WAYS * 8);
    }
}
