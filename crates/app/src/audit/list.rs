//! Looking at the trail.

use std::{fmt, str::FromStr};

use gathering_domain::{
    Actor, AuditAction, AuditOutcome, Permission, ProjectId, Timestamp, UserId, hex,
};
use gathering_storage::audit::{self as rows, EntryFilter, EntryPlace, EntryRow};
use serde_json::Value;
use uuid::Uuid;

use super::Audit;
use crate::{Caller, Error, Page, PageRequest, Result};

/// Which entries are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this action.
    pub action: Option<AuditAction>,
    /// What this person did.
    pub user_id: Option<UserId>,
    /// Those that ended so.
    pub outcome: Option<AuditOutcome>,
    /// Those in this project.
    pub project_id: Option<ProjectId>,
    /// Those since then.
    pub from: Option<Timestamp>,
    /// Those before then.
    pub to: Option<Timestamp>,
}

/// An entry of the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its chain: the process that wrote it.
    pub stream: Uuid,
    /// Its number there.
    pub seq: u64,
    /// The hash of the entry and of everything before it, in hexadecimal.
    pub hash: String,
    /// What it says.
    pub content: Value,
}

impl Audit<'_> {
    /// Entries, the latest first: of all that this process has recorded by now.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>> {
        caller.require_any(Permission::AuditRead)?;
        let (limit, after) = (page.limit()?, page.after::<Cursor>()?);
        self.chained().await?;
        let actor = filter.user_id.map(|user_id| serde_json::to_string(&Actor::User { user_id }));
        let actor = actor.transpose().map_err(|error| Error::internal("write an actor", error))?;
        let filter = EntryFilter {
            action: filter.action.map(AuditAction::as_str),
            actor,
            outcome: filter.outcome.map(AuditOutcome::as_str),
            project_id: filter.project_id,
            from: filter.from,
            to: filter.to,
        };
        let after = after.map(|cursor| cursor.0);
        let found = rows::list(&filter, after, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| cursor(row).to_string()).map(AuditEntry::from))
    }
}

/// The place of an entry in the list, as text.
struct Cursor(EntryPlace);

fn cursor(row: &EntryRow) -> Cursor {
    Cursor(EntryPlace { at: row.at, stream: row.stream, seq: row.seq })
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EntryPlace { at, stream, seq } = self.0;
        write!(f, "{}.{}.{seq}", at.micros(), stream.simple())
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let (Some(at), Some(stream), Some(seq), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        let at = Timestamp::from_micros(at.parse().map_err(|_| ())?);
        let stream = Uuid::try_parse(stream).map_err(|_| ())?;
        Ok(Self(EntryPlace { at, stream, seq: seq.parse().map_err(|_| ())? }))
    }
}

impl From<EntryRow> for AuditEntry {
    fn from(row: EntryRow) -> Self {
        let EntryRow { stream, seq, content, hash, .. } = row;
        // What somebody made unreadable is shown as it is, and told when the trail is verified.
        let content = serde_json::from_str(&content).unwrap_or(Value::String(content));
        Self { stream, seq, hash: hex(&hash), content }
    }
}
