//! Callers by their token, for a moment, so that not every request asks the store.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use gathering_domain::{Duration, ProjectId, SessionId, Timestamp};

use super::token::TokenHash;
use crate::Caller;

/// How long a caller may be served from memory: shorter than the second within which a revocation
/// holds on every instance.
const FRESH: Duration = Duration::from_millis(750);
/// How many callers are remembered.
const MOST: usize = 10_000;

/// A token, and the project that the request named.
pub(crate) type Asked = (TokenHash, Option<ProjectId>);

/// Remembers callers for [`FRESH`].
#[derive(Debug, Default)]
pub(crate) struct SessionCache(Mutex<HashMap<Asked, Remembered>>);

#[derive(Debug)]
struct Remembered {
    caller: Caller,
    until: Timestamp,
}

impl SessionCache {
    /// The caller of a token, if the store was asked a moment ago.
    pub(crate) fn get(&self, asked: &Asked, now: Timestamp) -> Option<Caller> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = remembered.get(asked).filter(|one| now < one.until);
        found.map(|one| one.caller.clone())
    }

    /// Remembers what the store has just said; not beyond the session's end.
    pub(crate) fn put(&self, asked: Asked, caller: Caller, now: Timestamp, ends: Timestamp) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST {
            remembered.retain(|_, one| now < one.until);
        }
        // Ten thousand different callers within a second: those who come now ask the store.
        if remembered.len() < MOST {
            let until = (now + FRESH).min(ends);
            remembered.insert(asked, Remembered { caller, until });
        }
    }

    /// Forgets a session.
    pub(crate) fn forget(&self, session: SessionId) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|_, one| one.caller.session() != Some(session));
    }

    /// Forgets everybody.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use gathering_domain::{Actor, Role};
    use uuid::Uuid;

    use super::*;
    use crate::{
        Credential, Scopes,
        caller::Place,
        identity::token::{TokenKind, hash_token},
    };

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn hash(n: usize) -> Asked {
        (hash_token(TokenKind::Session, &format!("gts_{n}")).unwrap(), None)
    }

    fn caller(n: u128) -> Caller {
        let session = SessionId::from_uuid(Uuid::from_u128(n));
        let place = Place::In(ProjectId::from_uuid(Uuid::nil()), Role::Viewer);
        let credential = Credential::Session(session);
        Caller::signed_in(Actor::System, Role::Viewer, place, credential, Scopes::All)
    }

    #[test]
    fn a_caller_is_remembered_for_less_than_a_second_and_not_beyond_the_session() {
        let cache = SessionCache::default();
        cache.put(hash(1), caller(1), at(0), at(i64::MAX));
        cache.put(hash(2), caller(2), at(0), at(100));
        assert!(cache.get(&hash(1), at(749_999)).is_some());
        assert!(cache.get(&hash(1), at(750_000)).is_none());
        assert!(cache.get(&hash(2), at(100)).is_none());
    }

    #[test]
    fn a_session_is_forgotten_at_once() {
        let cache = SessionCache::default();
        cache.put(hash(1), caller(1), at(0), at(i64::MAX));
        cache.put(hash(2), caller(2), at(0), at(i64::MAX));
        cache.forget(SessionId::from_uuid(Uuid::from_u128(1)));
        assert!(cache.get(&hash(1), at(1)).is_none());
        assert!(cache.get(&hash(2), at(1)).is_some());
        cache.clear();
        assert!(cache.get(&hash(2), at(1)).is_none());
    }

    #[test]
    fn the_number_of_callers_is_bounded() {
        let cache = SessionCache::default();
        for n in 0..MOST + 5 {
            cache.put(hash(n), caller(1), at(0), at(i64::MAX));
        }
        assert_eq!(cache.0.lock().unwrap().len(), MOST);
        cache.put(hash(0), caller(1), at(800_000), at(i64::MAX));
        assert_eq!(cache.0.lock().unwrap().len(), 1);
    }
}
