//! Settling an effect whose outcome is unknown: a person says what became of it.

use gathering_domain::{AuditAction, AuditOutcome, Failure, Permission, RunId};
use gathering_engine::{
    Entry, EntryBody, LedgerState, PERSON_SAYS_NOT_DONE, Payload, Resolution, Settlement,
};
use gathering_storage::{
    EffectRow, InboxMessage, Poked, find_effect, list_effects, load_journal, settle_ended,
};

use serde_json::json;

use super::{Runs, Settle, Verdict};
use crate::{Caller, Conflict, Error, Result, audit::Target};

/// The longest reason of a failure, in characters.
const MAX_REASON_CHARS: usize = 2_000;
/// The largest result, in bytes of JSON.
const MAX_RESULT_BYTES: usize = 1024 * 1024;

impl Runs<'_> {
    /// Says what became of an effect. A run that has not ended goes on with it; for an ended one the
    /// ledger alone changes, and a retry goes by that. The same verdict again changes nothing; another
    /// one is refused.
    pub async fn settle(&self, caller: &Caller, id: RunId, command: Settle) -> Result<()> {
        caller.require_here(Permission::ApprovalDecide)?;
        let Settle { key, attempt: meant, verdict } = command;
        self.acted_on(caller, id).await?;
        let effects = list_effects(id).all(self.app.database()).await?;
        // A retry with a new input makes a new effect under the key of an old one.
        let under_key = effects.into_iter().filter(|effect| effect.key == key);
        let effect = under_key.max_by_key(|effect| effect.state == LedgerState::Unknown);
        let effect = effect.ok_or_else(|| Error::not_found("effect", &key))?;
        let resolution = resolution(verdict)?;
        let attempt = meant.unwrap_or(effect.attempt);
        if effect.state != LedgerState::Unknown || attempt != effect.attempt {
            if self.is_known(&effect, attempt, &resolution).await? {
                return Ok(());
            }
            return Err(match effect.state {
                LedgerState::Unknown => {
                    let message =
                        format!("attempt {attempt} of `{}` is not the one in question", effect.key);
                    Error::conflict(Conflict::NotAwaited, message)
                }
                _ => not_unknown(&effect),
            });
        }
        let (actor, now) = (caller.actor(), self.app.now());
        let message = InboxMessage::Resolve { key, attempt, resolution: resolution.clone(), actor };
        let (action, target) = (AuditAction::RunSettle, Target::new("run", &id));
        let detail = json!({
            "effect_id": effect.id,
            "key": effect.key,
            "attempt": attempt,
            "verdict": word(&resolution),
        });
        let trail = self.app.trail(caller);
        let record = trail.of(action, AuditOutcome::Done, target.clone(), detail.clone())?;
        match self.app.inner.writer.poke_recorded(id, &message, record, now).await? {
            Poked::Told(told) => {
                self.app.recorded();
                self.wake(told);
            }
            Poked::Held(first) => {
                let same = matches!(&*first, InboxMessage::Resolve { resolution: first, .. } if *first == resolution);
                return if same { Ok(()) } else { Err(settled_otherwise(&effect)) };
            }
            Poked::Ended => {
                let state = state_after(&resolution);
                let settlement = settlement(resolution.clone());
                let effect_id = effect.id;
                let settled = self.app.audited(move |tx| {
                    let settle = settle_ended(effect_id, state, settlement.as_ref(), &actor, now)
                        .run_in(tx)?;
                    if settle > 0 {
                        trail.done(tx, action, target.clone(), detail.clone())?;
                    }
                    Ok(settle > 0)
                });
                if settled.await? {
                    return Ok(());
                }
            }
        }
        // One that was faster may have been taken in before this one came: this one is then dropped.
        let found = find_effect(effect.id).first(self.app.database()).await?;
        let effect = found.ok_or_else(|| Error::not_found("effect", &effect.key))?;
        let waits = effect.state == LedgerState::Unknown && effect.attempt == attempt;
        if waits || self.is_known(&effect, attempt, &resolution).await? {
            return Ok(());
        }
        Err(settled_otherwise(&effect))
    }

    /// Whether it is written down that the attempt came to just this.
    async fn is_known(
        &self,
        effect: &EffectRow,
        attempt: u32,
        resolution: &Resolution,
    ) -> Result<bool> {
        if effect.settled_by.is_some() && effect.attempt == attempt {
            let same = effect.settlement == settlement(resolution.clone());
            return Ok(same && effect.state == state_after(resolution));
        }
        let journal = load_journal(self.app.database(), effect.run_id).await?;
        let mut said = journal.iter().rev().filter_map(|entry| said_of(entry, effect, attempt));
        Ok(said.next().is_some_and(|said| said == *resolution))
    }
}

/// What a person said of an attempt, if this entry has it: its final result, or that it did not happen.
/// What the target said is nobody's verdict.
fn said_of(entry: &Entry, effect: &EffectRow, attempt: u32) -> Option<Resolution> {
    match &entry.body {
        EntryBody::EffectSettled(settled)
            if settled.key == effect.key
                && settled.attempt == attempt
                && settled.settled_by.is_some() =>
        {
            Some(match &settled.result {
                Settlement::Output(output) => Resolution::Done(Payload::clone(output)),
                Settlement::Error(error) => Resolution::Failed(error.message.clone()),
            })
        }
        EntryBody::AttemptFailed(failed)
            if failed.key == effect.key
                && failed.attempt == attempt
                && failed.error.code == PERSON_SAYS_NOT_DONE =>
        {
            Some(Resolution::NotDone)
        }
        _ => None,
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

const fn word(resolution: &Resolution) -> &'static str {
    match resolution {
        Resolution::Done(_) => "done",
        Resolution::NotDone => "not_done",
        Resolution::Failed(_) => "failed",
    }
}

fn settled_otherwise(effect: &EffectRow) -> Error {
    let message = format!("somebody has settled `{}` otherwise", effect.key);
    Error::conflict(Conflict::AlreadyDecided, message)
}

fn not_unknown(effect: &EffectRow) -> Error {
    let message = format!("the outcome of `{}` is not unknown", effect.key);
    Error::conflict(Conflict::NotAwaited, message)
}
