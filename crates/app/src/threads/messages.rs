//! Messages of a thread, with the turns that answer them.

use gathering_domain::{Permission, ThreadId};
use gathering_engine::{Outcome, Payload};
use gathering_storage::{
    Storage,
    threads::{self as rows, MessageRow},
};

use super::{Message, Threads};
use crate::{Caller, Page, PageRequest, Result};

impl Threads<'_> {
    /// Messages of the caller's thread, the newest first.
    pub async fn messages(
        &self,
        caller: &Caller,
        id: ThreadId,
        page: PageRequest,
    ) -> Result<Page<Message>> {
        caller.require_here(Permission::Read)?;
        self.get(caller, id).await?;
        let (limit, before) = (page.limit()?, page.after()?);
        let found = rows::list_messages(id, before, limit + 1).all(self.app.database()).await?;
        let page = Page::of(found, limit, |row| row.id.to_string());
        let mut items = Vec::with_capacity(page.items.len());
        for row in page.items {
            items.push(self.message(row).await?);
        }
        Ok(Page { items, next_cursor: page.next_cursor })
    }

    pub(super) async fn message(&self, row: MessageRow) -> Result<Message> {
        let outcome = outcome(&self.app.inner.storage, &row).await?;
        let MessageRow { id, thread_id, content, created_at, run_id, status, .. } = row;
        let error = outcome.as_ref().and_then(|outcome| outcome.error.clone());
        let well = outcome.filter(|outcome| outcome.error.is_none());
        let reply = well.map(|outcome| Payload::clone(&outcome.output));
        Ok(Message { id, thread_id, text: content, at: created_at, run_id, status, reply, error })
    }
}

/// How the turn of a message ended, if it has.
pub(super) async fn outcome(storage: &Storage, row: &MessageRow) -> Result<Option<Outcome>> {
    if row.outcome_blob.is_none() {
        return Ok(row.outcome.clone());
    }
    let Some(run) = gathering_storage::find_run(row.run_id).first(storage.database()).await? else {
        return Ok(None);
    };
    Ok(storage.outcome(&run).await?)
}
