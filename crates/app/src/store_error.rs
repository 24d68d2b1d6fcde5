//! What failures of the store mean to a caller.

use std::error::Error as _;

use gathering_domain::Duration;
use gathering_storage::{
    AppendError, DatabaseError, StorageError, schedules::MOVED_ON_CONSTRAINT,
    starters::STARTER_CONSTRAINT,
};

use crate::Error;

/// When a caller comes back whom the store could not serve.
const COME_BACK: Duration = Duration::from_secs(1);
/// When a caller comes back where the store could not be reached: what starts anew takes some seconds.
const REACH_AGAIN: Duration = Duration::from_secs(5);

fn busy() -> Error {
    Error::Busy { what: "the store", retry_after: COME_BACK }
}

/// What failed of the store and changed nothing, as a caller is told it: too much work is another matter
/// than nobody who does it.
fn later(error: &DatabaseError) -> Error {
    match error {
        DatabaseError::Unavailable { .. } => Error::StoreUnavailable { retry_after: REACH_AGAIN },
        _ => busy(),
    }
}

/// Whether a unique constraint refused a write.
pub(crate) fn is_taken(error: &Error) -> bool {
    let Error::Internal(internal) = error else { return false };
    let cause = internal.source().and_then(|cause| cause.downcast_ref::<DatabaseError>());
    matches!(cause, Some(DatabaseError::Unique { .. }))
}

/// Whether a step of a schedule was done by somebody else, or is none any more.
pub(crate) fn has_moved_on(error: &Error) -> bool {
    violates(error, MOVED_ON_CONSTRAINT)
}

/// Whether a trigger or a hook was paused, changed or removed before its run came into being.
pub(crate) fn has_changed(error: &Error) -> bool {
    violates(error, STARTER_CONSTRAINT)
}

fn violates(error: &Error, named: &str) -> bool {
    let Error::Internal(internal) = error else { return false };
    let cause = internal.source().and_then(|cause| cause.downcast_ref::<AppendError>());
    matches!(cause, Some(AppendError::Conflict { constraint }) if constraint == named)
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        if error.worth_a_retry() {
            later(&error)
        } else {
            Self::internal("use the database", error)
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Database(error) => error.into(),
            error => Self::internal("use the store", error),
        }
    }
}

impl From<AppendError> for Error {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Busy(error) => later(&error),
            // Another instance goes on in place of this one; the caller may ask again.
            AppendError::Fenced => busy(),
            AppendError::TooLarge { limit, .. } => {
                Self::TooLarge { what: "request", most: u64::try_from(limit).unwrap_or(u64::MAX) }
            }
            error @ AppendError::TooDeep { .. } => {
                Self::invalid_field("", "too_deep", error.to_string())
            }
            error => Self::internal("append to the log", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_cannot_be_reached_is_told_from_one_with_too_much_to_do() {
        let unreachable = || DatabaseError::Unavailable { source: None };
        let full = || DatabaseError::Busy { waited_for: "a place", source: None };
        for (error, code) in [
            (Error::from(unreachable()), "store_unavailable"),
            (Error::from(StorageError::Database(unreachable())), "store_unavailable"),
            (Error::from(AppendError::Busy(unreachable())), "store_unavailable"),
            (Error::from(full()), "busy"),
            (Error::from(AppendError::Busy(full())), "busy"),
            (Error::from(AppendError::Fenced), "busy"),
            // The outcome is not known: whoever asks again must know that.
            (Error::from(AppendError::Lost), "internal"),
        ] {
            assert_eq!(error.code(), code, "{error:?}");
        }
    }
}
