//! The journal of a run, a page at a time.

use gathering_domain::{Permission, RunId};
use gathering_storage::{JournalPage, Position, load_journal_page};

use super::{JournalEntry, Runs};
use crate::{Caller, Page, PageRequest, Result};

/// The most bytes of the entries of a page, beside one that alone has more.
const MOST_BYTES: usize = 4 * 1024 * 1024;

impl Runs<'_> {
    /// Entries of a run, the first ones first. A page of large ones is shorter than its limit.
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
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = load_journal_page(self.app.database(), id, after, limit, MOST_BYTES).await?;
        let JournalPage { entries, more } = page;
        let last = entries.last().map(|(position, _)| position.0.to_string());
        let next_cursor = last.filter(|_| more);
        let entries = entries.into_iter().map(|(_, entry)| JournalEntry::of(entry));
        Ok(Page { items: entries.collect::<Result<_>>()?, next_cursor })
    }
}
