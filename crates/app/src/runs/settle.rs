//! Settling an effect whose outcome is unknown: a person says what became of it.

use gathering_domain::{Failure, Permission, RunId};
use gathering_engine::{LedgerState, Resolution, Settlement};
use gathering_storage::{EffectRow, InboxMessage, Poked, list_effects, settle_ended};

use super::{Runs, Settle, Verdict};
use crate::{Caller, Conflict, Error, Result};

/// The longest reason of a failure, in characters.
const MAX_REASON_CHARS: usize = 2_000;
/// The largest result, in bytes of JSON.
const MAX_RESULT_BYTES: usize = 1024 * 1024;

impl Runs<'_> {
    /// Says what became of an effect. A run that has not ended goes on with it; for an ended one the
    /// ledger alone changes, and a retry goes by that.
    pub async fn settle(&self, caller: &Caller, id: RunId, command: Settle) -> Result<()> {
        let project_id = caller.require_here(Permission::ApprovalDecide)?;
        let Settle { key, attempt: meant, verdict } = command;
        self.row(project_id, id).await?;
        let effects = list_effects(id).all(self.app.database()).await?;
        // A retry with a new input makes a new effect under the key of an old one.
        let under_key = effects.into_iter().filter(|effect| effect.key == key);
        let effect = under_key.max_by_key(|effect| effect.state == LedgerState::Unknown);
        let effect = effect.ok_or_else(|| Error::not_found("effect", &key))?;
        if effect.state != LedgerState::Unknown {
            return Err(not_unknown(&effect));
        }
        if let Some(meant) = meant.filter(|meant| *meant != effect.attempt) {
            let message = format!("attempt {meant} of `{}` is not the one in question", effect.key);
            return Err(Error::conflict(Conflict::NotAwaited, message));
        }
        let resolution = resolution(verdict)?;
        let (actor, now) = (caller.actor(), self.app.now());
        let attempt = effect.attempt;
        let message = InboxMessage::Resolve { key, attempt, resolution: resolution.clone(), actor };
        match self.app.inner.writer.poke(id, &message, now).await? {
            Poked::Told(told) => self.wake(told),
            Poked::Ended => {
                let state = state_after(&resolution);
                let settlement = settlement(resolution);
                let settled = settle_ended(effect.id, state, settlement.as_ref(), &actor, now);
                if self.app.write(settled).await? == 0 {
                    return Err(not_unknown(&effect));
                }
            }
        }
        Ok(())
    }
}

fn resolution(verdict: Verdict) -> Result<Resolution> {
    match verdict {
        Verdict::Done(output) if output.to_string().len() > MAX_RESULT_BYTES => {
            Err(Error::TooLarge { what: "result", most: MAX_RESULT_BYTES as u64 })
        }
        Verdict::Done(output) => Ok(Resolution::Done(output)),
        Verdict::NotDone => Ok(Resolution::NotDone),
        Verdict::Failed(why) => {
            Ok(Resolution::Failed(why.chars().take(MAX_REASON_CHARS).collect()))
        }
    }
}

/// What a retry takes over; nothing where it did not happen.
fn settlement(resolution: Resolution) -> Option<Settlement> {
    match resolution {
        Resolution::Done(output) => Some(Settlement::Output(output)),
        Resolution::NotDone => None,
        Resolution::Failed(why) => {
            Some(Settlement::Error(Failure::fatal("settled_as_failed", why)))
        }
    }
}

/// What the ledger says after a person has spoken.
const fn state_after(resolution: &Resolution) -> LedgerState {
    match resolution {
        Resolution::Done(_) => LedgerState::Done,
        Resolution::NotDone => LedgerState::NotDone,
        Resolution::Failed(_) => LedgerState::Failed,
    }
}

fn not_unknown(effect: &EffectRow) -> Error {
    let message = format!("the outcome of `{}` is not unknown", effect.key);
    Error::conflict(Conflict::NotAwaited, message)
}
