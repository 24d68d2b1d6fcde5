//! Answering what a run waits for by name.

use gathering_domain::{AuditAction, AuditOutcome, Permission, RunId};
use gathering_engine::{
    AwaitRequest, Entry, EntryBody, Key, KeyState, Payload, RunState, SignalReceived,
};
use gathering_storage::{InboxMessage, Poked, Position, load_journal_since};

use serde_json::json;

use super::{Runs, SendSignal};
use crate::{Caller, Conflict, Error, Result, audit::Target};

/// The largest payload, in bytes of JSON.
const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

impl Runs<'_> {
    /// Sends a signal to a run that waits for it. The same again changes nothing; another payload
    /// under a name that has its answer is refused.
    pub async fn signal(&self, caller: &Caller, id: RunId, command: SendSignal) -> Result<()> {
        caller.require_here(Permission::RunStart)?;
        let SendSignal { name, payload } = command;
        if payload.to_string().len() > MAX_PAYLOAD_BYTES {
            return Err(Error::TooLarge { what: "payload", most: MAX_PAYLOAD_BYTES as u64 });
        }
        self.acted_on(caller, id).await?;
        let (database, start) = (self.app.database(), Position::default());
        let placed = load_journal_since(database, id, start).await?;
        let upto = placed.last().map_or(start, |(position, _)| *position);
        let journal: Vec<Entry> = placed.into_iter().map(|(_, entry)| entry).collect();
        let state = RunState::fold(&journal);
        let Some(key) = awaited(&state, &name) else {
            return match last_received(&journal, &name) {
                Some(received) if *received.payload == payload => Ok(()),
                _ if state.finished().is_some() => Err(ended(id)),
                _ => Err(not_awaited(&name)),
            };
        };
        let signal = SignalReceived { key, payload: payload.into(), actor: caller.actor() };
        let (key, payload) = (signal.key.clone(), Payload::clone(&signal.payload));
        let message = InboxMessage::Signal(signal);
        let record = self.app.trail(caller).of(
            AuditAction::RunSignal,
            AuditOutcome::Done,
            Target::new("run", &id),
            json!({ "name": name }),
        )?;
        let writer = &self.app.inner.writer;
        match writer.poke_recorded(id, &message, record, self.app.now()).await? {
            Poked::Told(told) => {
                self.app.recorded();
                self.wake(told);
            }
            Poked::Held(first) => {
                let same =
                    matches!(&*first, InboxMessage::Signal(first) if first.payload == payload);
                return if same { Ok(()) } else { Err(answered(&name)) };
            }
            Poked::Ended => {
                let since = load_journal_since(database, id, upto).await?;
                let same = received(since.iter().map(|(_, entry)| entry), &key)
                    .is_some_and(|received| received.payload == payload);
                return if same { Ok(()) } else { Err(ended(id)) };
            }
        }
        // One that was faster may have been taken in before this one came: this one is then dropped.
        let since = load_journal_since(database, id, upto).await?;
        let received = received(since.iter().map(|(_, entry)| entry), &key);
        if received.is_none_or(|received| received.payload == payload) {
            return Ok(());
        }
        Err(answered(&name))
    }
}

/// The first key under which the run waits for the signal of that name.
fn awaited(state: &RunState, wanted: &str) -> Option<Key> {
    let mut open = state.open_keys();
    open.find_map(|(key, state)| match state {
        KeyState::Awaited { request: AwaitRequest::Signal { name } } if name == wanted => {
            Some(key.clone())
        }
        _ => None,
    })
}

/// The answer that a journal has under a key.
fn received<'a>(
    journal: impl IntoIterator<Item = &'a Entry>,
    key: &Key,
) -> Option<&'a SignalReceived> {
    journal.into_iter().find_map(|entry| match &entry.body {
        EntryBody::SignalReceived(received) if received.key == *key => Some(received),
        _ => None,
    })
}

/// The last signal of that name that the run has taken in.
fn last_received<'a>(journal: &'a [Entry], wanted: &str) -> Option<&'a SignalReceived> {
    let mut asked = journal.iter().rev().filter_map(|entry| match &entry.body {
        EntryBody::SignalAwaited(awaited) => match &awaited.request {
            AwaitRequest::Signal { name } if name == wanted => Some(&awaited.key),
            _ => None,
        },
        _ => None,
    });
    asked.find_map(|key| received(journal, key))
}

fn not_awaited(name: &str) -> Error {
    let message = format!("the run does not wait for a signal `{name}`");
    Error::conflict(Conflict::NotAwaited, message)
}

fn answered(name: &str) -> Error {
    let message = format!("another signal `{name}` came first");
    Error::conflict(Conflict::AlreadyDecided, message)
}

fn ended(id: RunId) -> Error {
    Error::conflict(Conflict::RunEnded, format!("the run {id} has ended"))
}
