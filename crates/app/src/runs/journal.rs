//! The journal of a run, a page at a time.

use gathering_domain::{Permission, RunId};
use gathering_storage::{Position, load_journal_page};

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
        caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, page.after::<i64>()?);
        self.visible(caller, id).await?;
        let after = Position(after.unwrap_or_default());
        let more = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let entries = load_journal_page(self.app.database(), id, after, more).await?;
        let page = Page::of(entries, limit, |(position, _)| position.0.to_string());
        let Page { items, next_cursor } = page;
        let entries = items.into_iter().map(|(_, entry)| JournalEntry::of(entry));
        Ok(Page { items: entries.collect::<Result<_>>()?, next_cursor })
    }
}
