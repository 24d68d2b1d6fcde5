//! What this process knows of the trail's past, and holds the store to: it signs nothing that was cut.

use std::collections::VecDeque;

use gathering_storage::audit::{self as rows, ChainHash, CheckpointRow};

use super::{Audit, checkpoint};
use crate::{Error, Result};

/// The number of an entry or a checkpoint, and its hash.
pub(super) type Link = (u64, ChainHash);

/// Ends that are remembered whose commit said neither yes nor no.
const UNCLEAR_MOST: usize = 8;

/// Where the chain of this process ends, as it wrote it. Nobody else writes to that chain.
#[derive(Debug, Default)]
pub(super) struct OwnEnd {
    known: Option<Link>,
    /// Ends that were tried since, of which one may be the store's.
    tried: VecDeque<Link>,
}

impl OwnEnd {
    /// Whether the store's end is where this process left it. The first one that is seen is.
    pub(super) fn agrees(&mut self, stored: Link) -> bool {
        match self.known {
            Some(known) if known == stored => true,
            Some(_) if !self.tried.contains(&stored) => false,
            Some(_) | None => {
                self.reached(stored);
                true
            }
        }
    }

    /// The chain may end there from now on, or not.
    pub(super) fn tries(&mut self, end: Link) {
        self.tried.truncate(UNCLEAR_MOST - 1);
        self.tried.push_front(end);
    }

    /// The chain ends there.
    pub(super) fn reached(&mut self, end: Link) {
        self.known = Some(end);
        self.tried.clear();
    }

    /// The last entry that is known to have been written.
    pub(super) fn known(&self) -> Option<Link> {
        self.known.filter(|(seq, _)| *seq > 0)
    }
}

impl Audit<'_> {
    /// The last checkpoint of a store in which everything is still there that this process has written, and
    /// the last checkpoint that it has seen.
    pub(super) async fn unbroken(&self, seen: &mut Option<Link>) -> Result<Option<CheckpointRow>> {
        let (chain, database) = (&self.app.inner.chain, self.app.database());
        if let Some((seq, hash)) = chain.own_end().await {
            let link = rows::link(chain.stream(), seq).first(database).await?;
            if link.is_none_or(|link| link.hash != hash) {
                return Err(self.went_back("an entry that this process has written is not there"));
            }
        }
        let last = rows::last_checkpoint().first(database).await?;
        let link = |row: &CheckpointRow| (row.number, checkpoint::hash(&row.content));
        if let Some((number, hash)) = *seen {
            let found = match &last {
                Some(last) if last.number > number => {
                    rows::checkpoints(number - 1, 1).first(database).await?
                }
                last => last.clone(),
            };
            if found.as_ref().map(link) != Some((number, hash)) {
                return Err(self.went_back("a checkpoint that was there is not there any more"));
            }
        }
        *seen = last.as_ref().map(link);
        Ok(last)
    }

    /// The store holds less of the trail than it did: nothing is added to it and nothing signed.
    pub(super) fn went_back(&self, found: &'static str) -> Error {
        self.app.inner.chain.note_went_back();
        tracing::error!(
            found,
            "the audit trail in the store was cut, changed or put back: verify it against a checkpoint from \
             elsewhere; it is not signed any more by this process"
        );
        Error::defect("go on with an audit trail that is not what it was")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn link(seq: u64) -> Link {
        (seq, [seq.to_le_bytes()[0]; 32])
    }

    #[test]
    fn a_chain_goes_on_from_where_it_was_left_alone() {
        let mut own = OwnEnd::default();
        assert!(own.agrees(link(0)));
        assert_eq!(own.known(), None);
        own.tries(link(3));
        own.reached(link(3));
        assert!(own.agrees(link(3)) && own.agrees(link(3)));
        for other in [link(0), link(2), link(4), (3, [9; 32])] {
            assert!(!own.agrees(other), "{other:?}");
        }
        assert_eq!(own.known(), Some(link(3)));
    }

    #[test]
    fn a_commit_that_said_nothing_may_have_happened_or_not() {
        let mut own = OwnEnd::default();
        assert!(own.agrees(link(1)));
        own.tries(link(2));
        assert!(own.agrees(link(1)), "it has not, or not yet");
        own.tries(link(3));
        assert!(own.agrees(link(2)), "it has, after all");
        assert!(!own.agrees(link(1)) && !own.agrees(link(3)), "and that is settled");
        for seq in 10..100 {
            own.tries(link(seq));
        }
        assert_eq!(own.tried.len(), UNCLEAR_MOST);
    }
}
