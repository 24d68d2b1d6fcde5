//! Asking a run to end.

use gathering_domain::{AuditAction, AuditOutcome, Permission, RunId, RunStatus};
use gathering_storage::{InboxMessage, Poked};

use serde_json::Value;

use super::{RunSummary, Runs};
use crate::{Caller, Conflict, Error, Result, audit::Target};

/// The longest reason, in characters.
const MAX_REASON_CHARS: usize = 500;

impl Runs<'_> {
    /// Asks a run to end. A second time, or after it was cancelled, changes nothing.
    pub async fn cancel(&self, caller: &Caller, id: RunId, reason: &str) -> Result<RunSummary> {
        let project_id = caller.require_here(Permission::RunStart)?;
        self.acted_on(caller, id).await?;
        let reason = reason.chars().take(MAX_REASON_CHARS).collect();
        let message = InboxMessage::Cancel { actor: caller.actor(), reason };
        let record = self.app.trail(caller).of(
            AuditAction::RunCancel,
            AuditOutcome::Done,
            Target::new("run", &id),
            Value::Null,
        )?;
        let writer = &self.app.inner.writer;
        match writer.poke_recorded(id, &message, record, self.app.now()).await? {
            Poked::Told(told) => {
                self.app.recorded();
                self.wake(told);
            }
            // Somebody has asked before.
            Poked::Held(_) => {}
            Poked::Ended => {
                let row = self.row(project_id, id).await?;
                if row.status != RunStatus::Cancelled {
                    let message = format!("the run has ended: it is {}", row.status.as_str());
                    return Err(Error::conflict(Conflict::RunEnded, message));
                }
            }
        }
        Ok(self.row(project_id, id).await?.into())
    }
}
