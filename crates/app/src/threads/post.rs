//! Saying something in a thread, which starts the turn that answers.

use gathering_agents::{AgentDefinition, BusyPolicy};
use gathering_domain::{MessageId, Permission, RunId, ThreadId};
use gathering_storage::{
    Idempotency,
    definitions::DefinitionKind,
    threads::{self as rows, MessageRow, NewMessage},
};
use serde_json::json;

use super::{Message, PostMessage, Thread, Threads};
use crate::{
    Caller, Conflict, Error, Result, definitions::Stored, idempotency::asked_once, runs::ThreadTurn,
};

/// The scope of idempotency keys of messages.
const SCOPE: &str = "thread.post";
/// The longest message, in bytes.
const MAX_TEXT_BYTES: usize = 256 * 1024;
/// How many messages may wait in one thread.
const MOST_WAITING: u32 = 50;

impl Threads<'_> {
    /// Says something, and starts the turn that answers it.
    pub async fn post(
        &self,
        caller: &Caller,
        id: ThreadId,
        command: PostMessage,
    ) -> Result<Message> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let PostMessage { text, busy, idempotency_key } = command;
        if text.trim().is_empty() {
            return Err(Error::invalid_field("/text", "empty", "a message says something"));
        }
        if text.len() > MAX_TEXT_BYTES {
            return Err(Error::TooLarge { what: "message", most: MAX_TEXT_BYTES as u64 });
        }
        let thread = self.get(caller, id).await?;
        let request = || json!({ "thread": id, "text": text });
        let asked = asked_once(SCOPE, idempotency_key, request)?;
        if let Some(message) = self.posted_before(caller, asked.as_ref()).await? {
            return Ok(message);
        }
        let agent = Stored { app: self.app, project_id, kind: DefinitionKind::Agent };
        let agent = agent.get(thread.agent_id.uuid()).await?;
        let busy = busy.unwrap_or_else(|| {
            let policy = AgentDefinition::parse(&agent.content, None).map(|agent| agent.busy);
            policy.unwrap_or_default()
        });
        self.make_way(caller, &thread, busy).await?;
        let message_id = MessageId::next(&*self.app.inner.ids);
        let run_id = RunId::next(&*self.app.inner.ids);
        let (agent_id, thread_id, now) = (thread.agent_id, thread.id, self.app.now());
        let (actor, content) = (caller.actor(), text.as_str());
        let id = message_id;
        let message = NewMessage { id, project_id, actor, thread_id, run_id, content, now };
        self.app.write(rows::insert_message(&message)).await?;
        let idempotency = asked;
        let turn = ThreadTurn { run_id, agent_id, thread_id, message_id, text, idempotency };
        let started = self.app.runs().start_turn(caller, turn).await;
        let answering = match started {
            Ok(started) => started.run.id,
            Err(error) => {
                // A message without its run is not read, so that this only tidies up. Where the store
                // failed the run may come to be all the same, and it is the message that hides it.
                if !matches!(error, Error::Internal(_)) {
                    self.app.write(rows::delete_message(message_id)).await?;
                }
                return Err(error);
            }
        };
        if answering != run_id {
            self.app.write(rows::delete_message(message_id)).await?;
        }
        let row = rows::find_message_of_run(answering).first(self.app.database()).await?;
        self.message(row.ok_or(Error::defect("read back a message"))?).await
    }

    /// Obeys the policy for a thread that has turns under way.
    async fn make_way(&self, caller: &Caller, thread: &Thread, busy: BusyPolicy) -> Result<()> {
        let open = rows::find_open(thread.id, MOST_WAITING).all(self.app.database()).await?;
        match busy {
            _ if open.is_empty() => {}
            BusyPolicy::Queue if open.len() < MOST_WAITING as usize => {}
            BusyPolicy::Queue => {
                return Err(Error::Limit {
                    what: "messages waiting in a thread",
                    most: u64::from(MOST_WAITING),
                });
            }
            BusyPolicy::Reject => {
                let message = "the agent is still at work on an earlier message";
                return Err(Error::conflict(Conflict::ThreadBusy, message));
            }
            BusyPolicy::Interrupt => {
                for MessageRow { run_id, .. } in open {
                    let cancelled = self.app.runs().cancel(caller, run_id, "interrupted").await;
                    match cancelled {
                        // It ended by itself meanwhile.
                        Ok(_) | Err(Error::Conflict { kind: Conflict::RunEnded, .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok(())
    }

    async fn posted_before(
        &self,
        caller: &Caller,
        asked: Option<&Idempotency>,
    ) -> Result<Option<Message>> {
        let earlier = self.app.made_before(caller.project(), asked).await?;
        let Some(earlier) = earlier else { return Ok(None) };
        let run = RunId::from_uuid(earlier.target_id);
        match rows::find_message_of_run(run).first(self.app.database()).await? {
            Some(row) => self.message(row).await.map(Some),
            None => Ok(None),
        }
    }
}
