//! Answering what a run waits for by name.

use gathering_domain::{Permission, RunId};
use gathering_engine::{AwaitRequest, Key, KeyState, RunState, SignalReceived};
use gathering_storage::{InboxMessage, Poked, load_journal};

use super::{Runs, SendSignal};
use crate::{Caller, Conflict, Error, Result};

/// The largest payload, in bytes of JSON.
const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

impl Runs<'_> {
    /// Sends a signal to a run that waits for it.
    pub async fn signal(&self, caller: &Caller, id: RunId, command: SendSignal) -> Result<()> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let SendSignal { name, payload } = command;
        if payload.to_string().len() > MAX_PAYLOAD_BYTES {
            return Err(Error::TooLarge { what: "payload", most: MAX_PAYLOAD_BYTES as u64 });
        }
        let row = self.row(project_id, id).await?;
        if row.status.is_final() {
            return Err(ended(id));
        }
        let journal = load_journal(self.app.database(), id).await?;
        let key = awaited(&RunState::fold(&journal), &name).ok_or_else(|| {
            let message = format!("the run does not wait for a signal `{name}`");
            Error::conflict(Conflict::NotAwaited, message)
        })?;
        let signal = SignalReceived { key, payload: payload.into(), actor: caller.actor() };
        let message = InboxMessage::Signal(signal);
        match self.app.inner.writer.poke(id, &message, self.app.now()).await? {
            Poked::Told(told) => self.wake(told),
            Poked::Ended => return Err(ended(id)),
        }
        Ok(())
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

fn ended(id: RunId) -> Error {
    Error::conflict(Conflict::RunEnded, format!("the run {id} has ended"))
}
