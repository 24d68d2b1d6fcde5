//! The journal of a run, a page at a time.

use gathering_domain::{Permission, RunId};
use gathering_storage::load_journal;

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
        let entries = load_journal(self.app.database(), id).await?;
        let more = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let wanted = entries.iter().filter(|entry| after.is_none_or(|after| entry.seq > after));
        let wanted = wanted.take(more).map(JournalEntry::of).collect::<Result<_>>()?;
        Ok(Page::of(wanted, limit, |entry: &JournalEntry| entry.seq.to_string()))
    }
}
