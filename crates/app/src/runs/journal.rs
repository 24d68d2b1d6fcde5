//! The journal of a run, a page at a time.

use gathering_domain::{Permission, RunId};
use gathering_engine::Entry;
use gathering_storage::{UnreadableEntry, load_journal_leniently};

use super::{JournalEntry, Runs};
use crate::{Caller, Page, PageRequest, Result};

impl Runs<'_> {
    /// Entries of a run, the first ones first.
    pub async fn journal(
        &self,
        caller: &Caller,
        id: RunId,
        page: PageRequest,
    ) -> Result<Page<JournalEntry>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, page.after::<u32>()?);
        self.row(project_id, id).await?;
        let entries = load_journal_leniently(self.app.database(), id).await?;
        let seq = |entry: &Result<Entry, UnreadableEntry>| match entry {
            Ok(entry) => entry.seq,
            Err(unreadable) => unreadable.seq,
        };
        let more = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let wanted =
            entries.into_iter().filter(|entry| after.is_none_or(|after| seq(entry) > after));
        let wanted = wanted.take(more).map(JournalEntry::of).collect::<Result<_>>()?;
        Ok(Page::of(wanted, limit, |entry: &JournalEntry| entry.seq.to_string()))
    }
}
