//! How long sessions and keys last, and what is removed when they are over.

use gathering_domain::Duration;
use gathering_storage::{Unit, expired, invitations};

use super::Identity;
use crate::Result;

/// How exactly the last use of a session or a key is noted, so that not every request writes.
pub(super) const NOTED_EVERY: Duration = Duration::from_secs(60);
/// An expired key stays so long in the list, so that its holder sees why a program stopped.
const KEYS_SHOWN: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many of a kind one transaction removes.
const REMOVED_AT_ONCE: u32 = 500;

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// One that is not used for so long ends.
    pub idle: Duration,
    /// One ends after so long, however much it is used.
    pub longest: Duration,
}

impl Default for SessionTimes {
    fn default() -> Self {
        let day = 24 * 3600;
        Self { idle: Duration::from_secs(7 * day), longest: Duration::from_secs(30 * day) }
    }
}

impl Identity<'_> {
    /// Removes sessions, API keys and one-time links that are over: some of each, and says whether
    /// there may be more. They are worth nothing anyway; safe to repeat, and on several instances at
    /// once.
    pub async fn remove_expired(&self) -> Result<bool> {
        let now = self.app.now();
        let idle = self.app.before(self.app.inner.session_times.idle);
        let keys = self.app.before(KEYS_SHOWN);
        let writes = [
            expired::sessions(idle, now, REMOVED_AT_ONCE),
            expired::api_keys(keys, REMOVED_AT_ONCE),
            invitations::delete_ended(now, REMOVED_AT_ONCE),
        ];
        let kinds = writes.len();
        let unit = writes.into_iter().fold(Unit::new(), |unit, write| unit.with(write.into()));
        let applied = self.app.database().apply(unit).await?;
        Ok((0..kinds).any(|kind| applied.count(kind) >= u64::from(REMOVED_AT_ONCE)))
    }
}
