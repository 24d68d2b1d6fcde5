//! The chain of this process: what was recorded gets its place there, and a hash over all before it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use gathering_domain::{Duration, Timestamp};
use gathering_storage::{
    DatabaseError,
    audit::{self as rows, ChainHash, Chaining},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};
use uuid::Uuid;

use super::{
    Audit,
    past::{Link, OwnEnd},
};
use crate::{Error, Result};

/// What comes before the text of a chain's id, in what its first entry follows on.
const FIRST: &str = "gathering audit chain 1\n";
/// Records that get their places in one transaction at most.
const AT_ONCE: u32 = 200;
/// Transactions of one go: whoever reads the trail waits no longer for what is recorded meanwhile.
const ROUNDS: u32 = 50;
/// Tries of one transaction: another process may have taken records that one left behind.
const LOOKS: u32 = 5;
/// Records of so long ago belong to a process that has ended: any other takes them.
const LEFT_BEHIND: Duration = Duration::from_secs(30);

/// Whose records get their places, beside those of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those that wait for long: a process that is alive takes its own.
    LeftBehind,
    /// Everybody's: whoever reads the trail is to miss nothing, and a process that was killed comes back.
    All,
}

/// The chain of this process.
#[derive(Debug)]
pub(crate) struct Chain {
    stream: Uuid,
    /// One at a time moves records to the end, and remembers it.
    turn: Mutex<OwnEnd>,
    /// One at a time seals, and remembers the last checkpoint that it saw.
    pub(super) sealing: Mutex<Option<Link>>,
    /// Whether the store was found to hold less of the trail than it did.
    went_back: AtomicBool,
    recorded: Arc<Notify>,
    /// One at a time reads all of it.
    verifying: Arc<Mutex<()>>,
}

impl Chain {
    /// A new chain, of a process with an id of its own.
    pub(crate) fn new(stream: Uuid) -> Self {
        Self {
            stream,
            turn: Mutex::default(),
            sealing: Mutex::default(),
            went_back: AtomicBool::new(false),
            recorded: Arc::default(),
            verifying: Arc::default(),
        }
    }

    pub(super) const fn stream(&self) -> Uuid {
        self.stream
    }

    pub(super) fn recorded(&self) {
        self.recorded.notify_one();
    }

    /// The one place of those who read all of it; none while another does.
    pub(super) fn verifying(&self) -> Option<OwnedMutexGuard<()>> {
        Arc::clone(&self.verifying).try_lock_owned().ok()
    }

    /// The last entry that this process is known to have written.
    pub(super) async fn own_end(&self) -> Option<Link> {
        self.turn.lock().await.known()
    }

    pub(super) fn note_went_back(&self) {
        self.went_back.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_gone_back(&self) -> bool {
        self.went_back.load(Ordering::Relaxed)
    }

    /// Tells when something was recorded.
    pub(super) fn news(&self) -> Arc<Notify> {
        Arc::clone(&self.recorded)
    }
}

impl Audit<'_> {
    /// Whether the store was found to hold less of the trail than it did, since this process began.
    pub fn has_gone_back(&self) -> bool {
        self.app.inner.chain.has_gone_back()
    }

    /// Gives what was recorded its place in the chain of this process.
    pub(super) async fn chain(&self, whose: Whose) -> Result<()> {
        let (chain, database) = (&self.app.inner.chain, self.app.database());
        let mut own = chain.turn.lock().await;
        let mut looks = 0;
        for _ in 0..ROUNDS {
            let left_before = match whose {
                Whose::LeftBehind => self.app.before(LEFT_BEHIND),
                Whose::All => Timestamp::from_micros(i64::MAX),
            };
            let pending = rows::pending(chain.stream, left_before, AT_ONCE).all(database).await?;
            let found = pending.len();
            if found == 0 {
                break;
            }
            let end = rows::end(chain.stream).first(database).await?;
            let (seq, mut hash) = match end {
                None => (0, first_hash(&chain.stream)),
                Some(end) => {
                    let hash = ChainHash::try_from(end.hash.as_slice());
                    (end.seq, hash.map_err(|_| Error::defect("read the end of the audit trail"))?)
                }
            };
            let last = rows::link(chain.stream, seq).first(database).await?;
            let is_there = seq == 0 || last.is_some_and(|last| last.hash == hash);
            if !is_there || !own.agrees((seq, hash)) {
                return Err(self.went_back("the chain of this process ends where it did not"));
            }
            let mut chaining = Chaining::after(chain.stream, seq);
            for row in pending {
                hash = next_hash(&hash, row.content.as_bytes());
                chaining.push(row, hash);
            }
            let end = (seq + found as u64, hash);
            // Before the commit: it may happen, and its answer not arrive.
            own.tries(end);
            match database.apply(chaining.unit()).await {
                Ok(_) => {
                    own.reached(end);
                    if found < AT_ONCE as usize {
                        break;
                    }
                    looks = 0;
                }
                Err(DatabaseError::Conflict { .. } | DatabaseError::Unique { .. })
                    if looks < LOOKS =>
                {
                    looks += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The same of everybody's, for those who look at the trail: they are shown what is there, also if it
    /// was cut.
    pub(super) async fn chained(&self) -> Result<()> {
        match self.chain(Whose::All).await {
            Err(_) if self.has_gone_back() => Ok(()),
            chained => chained,
        }
    }
}

/// What the first entry of a chain follows on, so that no chain passes for another.
pub(super) fn first_hash(stream: &Uuid) -> ChainHash {
    Sha256::new().chain_update(FIRST).chain_update(stream.to_string()).finalize().into()
}

/// The hash of an entry and of everything before it: SHA-256 over the hash of the entry before it and the
/// bytes of its content.
pub(super) fn next_hash(before: &ChainHash, content: &[u8]) -> ChainHash {
    Sha256::new().chain_update(before).chain_update(content).finalize().into()
}

#[cfg(test)]
mod tests {
    use gathering_domain::hex;

    use super::*;

    /// Computed with `printf 'gathering audit chain 1\n…' | sha256sum`.
    #[test]
    fn hashes_are_those_that_the_format_says() {
        let first = first_hash(&Uuid::from_u128(1));
        let digest = "7ed9120e0c0d7370b1c4d427b68fd21bfcbd2d6db10b19e62ef1791cee6d96c2";
        assert_eq!(hex(&first), digest);
    }
}
