//! What has expired and is of no use to anybody any more: removed piece by piece.

use gathering_database::{Sql, params};
use gathering_domain::Timestamp;

use crate::statement::{Write, statements};

statements! {
    SESSIONS = Sql::both(
        "DELETE FROM sessions WHERE id IN \
         (SELECT id FROM sessions WHERE used_at <= $1 LIMIT $3) OR id IN \
         (SELECT id FROM sessions WHERE expires_at <= $2 LIMIT $3)",
    );
    API_KEYS = Sql::both(
        "DELETE FROM api_keys WHERE id IN \
         (SELECT id FROM api_keys WHERE expires_at <= $1 LIMIT $2)",
    );
}

/// Removes sessions that were not used since `idle`, or have ended by `now`: of each at most `limit`.
pub fn sessions(idle: Timestamp, now: Timestamp, limit: u32) -> Write {
    Write::new(SESSIONS, params![idle.micros(), now.micros(), limit])
}

/// Removes at most `limit` API keys that had ended by `end`.
pub fn api_keys(end: Timestamp, limit: u32) -> Write {
    Write::new(API_KEYS, params![end.micros(), limit])
}
