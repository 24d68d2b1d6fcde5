//! What the person at the command line does to a whole store, on the record of the store itself.
//!
//! No use cases are open on such a store, and no instance works on it: it is held by one command.

use std::sync::Arc;

use gathering_domain::{AuditAction, AuditOutcome, IdSource, Timestamp};
use gathering_storage::{
    Database,
    audit::Record,
    restored::{Released, end_links, end_sessions, leave_positions_out, release_all},
};
use serde_json::json;

use crate::{
    Result,
    audit::{Target, Trail},
};

/// A backup that was put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Whether people who had signed in then stay so, also those who were shut out since.
    pub keep_sessions: bool,
}

/// What a restored store forgot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Instances that were at work when the backup was taken, and what they had.
    pub released: Released,
    /// Sessions that were ended.
    pub sessions: u64,
    /// Invitations and other links that were ended.
    pub links: u64,
}

/// Makes a store out of a backup fit to be served, and records that it is one.
pub async fn settle_restored(
    database: &Database,
    ids: &Arc<dyn IdSource>,
    now: Timestamp,
    restore: Restore,
) -> Result<Forgotten> {
    let trail = Trail::of_command(ids, now);
    let settled = database.transact(move |tx| -> Result<Forgotten> {
        let released = release_all(tx, now)?;
        let sessions = if restore.keep_sessions { 0 } else { end_sessions(tx)? };
        let links = end_links(tx)?;
        leave_positions_out(tx)?;
        let detail = json!({
            "taken_at": restore.taken_at.to_rfc3339(),
            "sessions_ended": sessions,
            "links_ended": links,
        });
        trail.done(tx, AuditAction::StoreRestore, Target::new("store", "sqlite"), detail)?;
        Ok(Forgotten { released, sessions, links })
    });
    settled.await
}

/// Frees what instances had that worked on a store which nobody works on any more.
pub async fn release(database: &Database, now: Timestamp) -> Result<Released> {
    database.transact(move |tx| -> Result<Released> { Ok(release_all(tx, now)?) }).await
}

/// What the trail of a store says where it arrives: the place is its address, without a password.
pub fn record_of_move(ids: &Arc<dyn IdSource>, now: Timestamp, place: &str) -> Result<Record> {
    let (target, detail) = (Target::new("store", place), json!({ "from": "sqlite" }));
    Trail::of_command(ids, now).of(AuditAction::StoreMove, AuditOutcome::Done, target, detail)
}
