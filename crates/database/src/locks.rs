//! Advisory locks that fall free when their process dies.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{Result, limits, postgres};

/// Holds advisory locks until it releases them, is dropped, or breaks.
///
/// Any error breaks it, and so does dropping the future of one of its calls: what it holds is then no
/// longer known. It needs a connection of its own to the server, not one through a transaction pooler.
/// On SQLite the locks are those of this process, which is the only one.
pub struct Locks(Backend);

enum Backend {
    Local(Local),
    Postgres(postgres::Locks),
}

/// How a wait for a lock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// The lock is held.
    Acquired,
    /// Someone else held the lock all the time.
    TimedOut,
}

impl Locks {
    pub(crate) const fn local(local: Local) -> Self {
        Self(Backend::Local(local))
    }

    pub(crate) const fn postgres(locks: postgres::Locks) -> Self {
        Self(Backend::Postgres(locks))
    }

    /// Takes a lock if it is free.
    pub async fn try_hold(&mut self, key: i64) -> Result<bool> {
        match &mut self.0 {
            Backend::Local(local) => Ok(local.try_hold(key)),
            Backend::Postgres(locks) => locks.try_hold(key).await,
        }
    }

    /// Waits for a lock, at most 10 s.
    pub async fn wait_for(&mut self, key: i64, slice: Duration) -> Result<Waited> {
        match &mut self.0 {
            Backend::Local(local) => {
                Ok(local.wait_for(key, slice.min(limits::LOCK_SLICE_MAX)).await)
            }
            Backend::Postgres(locks) => locks.wait_for(key, slice).await,
        }
    }

    /// Waits for a lock for as long as it takes, in slices.
    pub async fn hold(&mut self, key: i64) -> Result<()> {
        while self.wait_for(key, limits::LOCK_SLICE_MAX).await? == Waited::TimedOut {}
        Ok(())
    }

    /// Releases a lock; false if it was not held. A lock taken twice must be released twice.
    pub async fn release(&mut self, key: i64) -> Result<bool> {
        match &mut self.0 {
            Backend::Local(local) => Ok(local.release(key)),
            Backend::Postgres(locks) => locks.release(key).await,
        }
    }

    /// A token that is cancelled when it has broken and its locks are free; never on SQLite
    /// while it lives.
    pub fn ended(&self) -> CancellationToken {
        match &self.0 {
            Backend::Local(local) => local.ended.clone(),
            Backend::Postgres(locks) => locks.ended(),
        }
    }

    /// Process id of its backend on the server; none on SQLite.
    pub const fn backend_pid(&self) -> Option<i32> {
        match &self.0 {
            Backend::Local(_) => None,
            Backend::Postgres(session) => Some(session.backend_pid()),
        }
    }
}

/// The locks held in this process: who, and how often.
#[derive(Debug, Default)]
pub(crate) struct Table {
    held: Mutex<HashMap<i64, (u64, u32)>>,
    freed: Notify,
    holders: AtomicU64,
}

/// One holder of locks among those of this process.
pub(crate) struct Local {
    number: u64,
    locks: Arc<Table>,
    ended: CancellationToken,
}

impl Local {
    pub(crate) fn open(locks: &Arc<Table>) -> Self {
        let number = locks.holders.fetch_add(1, Ordering::Relaxed);
        Self { number, locks: Arc::clone(locks), ended: CancellationToken::new() }
    }

    fn try_hold(&self, key: i64) -> bool {
        let mut held = self.locks.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (holder, times) = held.entry(key).or_insert((self.number, 0));
        if *holder == self.number {
            *times += 1;
        }
        *holder == self.number
    }

    async fn wait_for(&self, key: i64, slice: Duration) -> Waited {
        let acquire = async {
            loop {
                let freed = self.locks.freed.notified();
                if self.try_hold(key) {
                    return;
                }
                freed.await;
            }
        };
        match tokio::time::timeout(slice, acquire).await {
            Ok(()) => Waited::Acquired,
            Err(_) => Waited::TimedOut,
        }
    }

    fn release(&self, key: i64) -> bool {
        let mut held = self.locks.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((holder, times)) = held.get_mut(&key) else { return false };
        if *holder != self.number {
            return false;
        }
        *times -= 1;
        if *times == 0 {
            held.remove(&key);
            self.locks.freed.notify_waiters();
        }
        true
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let mut held = self.locks.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, (holder, _)| *holder != self.number);
        self.locks.freed.notify_waiters();
        self.ended.cancel();
    }
}
