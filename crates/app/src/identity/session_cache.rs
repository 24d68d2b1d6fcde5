//! Callers by their token, for a moment, so that not every request asks the store.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gathering_domain::{Actor, Duration, ProjectId, Timestamp, UserId};

use super::token::TokenHash;
use crate::{Caller, Credential};

/// How long a caller may be served from memory: shorter than the second within which a revocation
/// holds on every instance.
const FRESH: Duration = Duration::from_millis(750);
/// How many callers are remembered.
const MOST: usize = 10_000;

/// A token, and the project that the request named.
pub(crate) type Asked = (TokenHash, Option<ProjectId>);

/// Remembers callers for [`FRESH`].
#[derive(Debug, Default)]
pub(crate) struct SessionCache(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    callers: HashMap<Asked, Remembered>,
    /// How often something was forgotten.
    forgotten: u64,
}

#[derive(Debug)]
struct Remembered {
    caller: Caller,
    until: Timestamp,
}

/// From when an answer of the store is: what was forgotten since is not remembered from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Since(u64);

impl SessionCache {
    /// The caller of a token, if the store was asked a moment ago; else from when the store is asked.
    pub(crate) fn get(&self, asked: &Asked, now: Timestamp) -> Result<Caller, Since> {
        let memory = self.memory();
        let found = memory.callers.get(asked).filter(|one| now < one.until);
        found.map(|one| one.caller.clone()).ok_or(Since(memory.forgotten))
    }

    /// Remembers what the store has just said; not beyond the session's end, and not if anything was
    /// forgotten since it was asked: that may have been this.
    pub(crate) fn put(
        &self,
        asked: Asked,
        caller: Caller,
        since: Since,
        now: Timestamp,
        ends: Timestamp,
    ) {
        let mut memory = self.memory();
        if memory.forgotten != since.0 {
            return;
        }
        if memory.callers.len() >= MOST {
            memory.callers.retain(|_, one| now < one.until);
        }
        // Ten thousand different callers within a second: those who come now ask the store.
        if memory.callers.len() < MOST {
            let until = (now + FRESH).min(ends);
            memory.callers.insert(asked, Remembered { caller, until });
        }
    }

    /// Forgets a session or a key.
    pub(crate) fn forget(&self, credential: Credential) {
        self.keep(|caller| caller.credential() != credential);
    }

    /// Forgets all sessions and keys of a user.
    pub(crate) fn forget_user(&self, id: UserId) {
        self.keep(|caller| caller.actor() != Actor::User { user_id: id });
    }

    /// Forgets everybody.
    pub(crate) fn clear(&self) {
        self.keep(|_| false);
    }

    fn keep(&self, keep: impl Fn(&Caller) -> bool) {
        let mut memory = self.memory();
        memory.forgotten += 1;
        memory.callers.retain(|_, one| keep(&one.caller));
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use gathering_domain::{Role, SessionId};
    use uuid::Uuid;

    use super::*;
    use crate::{
        Scopes,
        caller::Place,
        identity::token::{TokenKind, hash_token},
    };

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn hash(n: usize) -> Asked {
        (hash_token(TokenKind::Session, &format!("gts_{n}")).unwrap(), None)
    }

    fn session(n: u128) -> Credential {
        Credential::Session(SessionId::from_uuid(Uuid::from_u128(n)))
    }

    fn caller(n: u128) -> Caller {
        let place = Place::In(ProjectId::from_uuid(Uuid::nil()), Role::Viewer);
        let actor = Actor::User { user_id: UserId::from_uuid(Uuid::from_u128(n)) };
        Caller::signed_in(actor, Role::Viewer, place, session(n), Scopes::All)
    }

    fn put(cache: &SessionCache, n: usize, now: Timestamp, ends: Timestamp) {
        let since = Since(cache.memory().forgotten);
        cache.put(hash(n), caller(n as u128), since, now, ends);
    }

    #[test]
    fn a_caller_is_remembered_for_less_than_a_second_and_not_beyond_the_session() {
        let cache = SessionCache::default();
        put(&cache, 1, at(0), at(i64::MAX));
        put(&cache, 2, at(0), at(100));
        assert!(cache.get(&hash(1), at(749_999)).is_ok());
        assert!(cache.get(&hash(1), at(750_000)).is_err());
        assert!(cache.get(&hash(2), at(100)).is_err());
    }

    #[test]
    fn a_session_or_a_user_is_forgotten_at_once() {
        let cache = SessionCache::default();
        for n in [1, 2, 3] {
            put(&cache, n, at(0), at(i64::MAX));
        }
        cache.forget(session(1));
        assert!(cache.get(&hash(1), at(1)).is_err());
        cache.forget_user(UserId::from_uuid(Uuid::from_u128(2)));
        assert!(cache.get(&hash(2), at(1)).is_err());
        assert!(cache.get(&hash(3), at(1)).is_ok());
        cache.clear();
        assert!(cache.get(&hash(3), at(1)).is_err());
    }

    #[test]
    fn what_was_read_before_something_was_forgotten_is_not_remembered() {
        let cache = SessionCache::default();
        let since = cache.get(&hash(1), at(0)).unwrap_err();
        cache.forget(session(1));
        cache.put(hash(1), caller(1), since, at(0), at(i64::MAX));
        assert!(cache.get(&hash(1), at(1)).is_err());
    }

    #[test]
    fn the_number_of_callers_is_bounded() {
        let cache = SessionCache::default();
        for n in 0..MOST + 5 {
            put(&cache, n, at(0), at(i64::MAX));
        }
        assert_eq!(cache.memory().callers.len(), MOST);
        put(&cache, 0, at(800_000), at(i64::MAX));
        assert_eq!(cache.memory().callers.len(), 1);
    }
}
