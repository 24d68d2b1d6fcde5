//! Old rows that nothing else refers to: fires of schedules, idempotency keys, instances.

use gathering_database::{Sql, params};
use gathering_domain::Timestamp;

use crate::statement::{Write, statements};

statements! {
    /// A fire stays open until its schedule is looked at again, which need not be ever, though its run has ended.
    FIRES = Sql::both(
        "DELETE FROM fires WHERE id IN (SELECT id FROM fires WHERE created_at <= $1 \
           AND (NOT is_open OR (status = 'started' AND NOT EXISTS ( \
             SELECT 1 FROM runs WHERE runs.id = fires.run_id AND runs.finished_at IS NULL))) \
         ORDER BY created_at LIMIT $2)"
    );
    INSTANCES = Sql::both(
        "DELETE FROM instances WHERE id IN \
         (SELECT id FROM instances WHERE state = 'dead' AND died_at <= $1 LIMIT $2)"
    );
    KEYS = Sql::each(
        "DELETE FROM idempotency_keys WHERE rowid IN \
         (SELECT rowid FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2)",
        "DELETE FROM idempotency_keys WHERE (project_id, scope, key) IN \
         (SELECT project_id, scope, key FROM idempotency_keys WHERE created_at <= $1 \
          ORDER BY created_at LIMIT $2)",
    );
}

/// Removes at most `limit` fires that came to be by `end`, and of which nothing more will come.
pub fn remove_fires(end: Timestamp, limit: u32) -> Write {
    Write::new(FIRES, params![end.micros(), limit])
}

/// Removes at most `limit` instances that were dead by `end`. One that is not there may write as little as one
/// that is dead.
pub fn remove_instances(end: Timestamp, limit: u32) -> Write {
    Write::new(INSTANCES, params![end.micros(), limit])
}

/// Removes at most `limit` idempotency keys that were used by `end`: what comes with one of them then is
/// a new request.
pub fn remove_idempotency_keys(end: Timestamp, limit: u32) -> Write {
    Write::new(KEYS, params![end.micros(), limit])
}
