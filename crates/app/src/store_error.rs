//! What failures of the store mean to a caller.

use std::error::Error as _;

use gathering_domain::Duration;
use gathering_storage::{AppendError, DatabaseError, StorageError};

use crate::Error;

/// When a caller comes back whom the store could not serve.
const COME_BACK: Duration = Duration::from_secs(1);

fn busy() -> Error {
    Error::Busy { what: "the store", retry_after: COME_BACK }
}

/// Whether a unique constraint refused a write.
pub(crate) fn is_taken(error: &Error) -> bool {
    let Error::Internal(internal) = error else { return false };
    let cause = internal.source().and_then(|cause| cause.downcast_ref::<DatabaseError>());
    matches!(cause, Some(DatabaseError::Unique { .. }))
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        if error.worth_a_retry() { busy() } else { Self::internal("use the database", error) }
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
            // Another instance goes on in place of this one; the caller may ask again.
            AppendError::Busy(_) | AppendError::Fenced => busy(),
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
