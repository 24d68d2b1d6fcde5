//! How long ago the store was asked: what it said then is too old to act on after a pause.

use std::time::Duration;

use gathering_domain::Timestamp;
use gathering_storage::Engine;
use tokio::time::Instant;

use crate::shared::Shared;

/// The part of the takeover silence, as a divisor, within which what was asked may be acted on.
const SAFE_PART: u32 = 2;

/// When something was asked of the store, by two clocks: one of them stands still while a machine sleeps,
/// the other may be set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    at: Instant,
    time: Timestamp,
}

impl Asked {
    /// Now, before the asking.
    pub(crate) fn now(shared: &Shared) -> Self {
        Self { at: Instant::now(), time: shared.now() }
    }

    /// Whether so much time has passed that this instance may have been declared dead since, and its
    /// runs taken over. A store with one instance has nobody who could.
    pub(crate) fn is_stale(self, shared: &Shared) -> bool {
        let safe = shared.parts.options.silence.std() / SAFE_PART;
        self.elapsed(shared) > safe && shared.parts.database.engine() == Engine::Postgres
    }

    fn elapsed(self, shared: &Shared) -> Duration {
        self.at.elapsed().max(shared.now().since(self.time).std())
    }
}
