//! What was said in a thread before a message, as a model reads it.

use gathering_domain::{MessageId, ThreadId};
use gathering_llm::{Message, Part, Role};
use gathering_storage::{Storage, threads as rows};
use serde_json::Value;

use super::messages::outcome;
use crate::Result;

/// How many messages before it a turn gets to read.
const MOST_MESSAGES: u32 = 200;
/// How much text of them, in bytes; older messages are left out.
const MOST_BYTES: usize = 512 * 1024;

/// The conversation before a message: what was said, and what was answered. Turns that have not
/// ended are left out, and one that failed is named as such.
pub(crate) async fn before(
    storage: &Storage,
    thread_id: ThreadId,
    message: MessageId,
) -> Result<Vec<Message>> {
    let found = rows::list_before(thread_id, message, MOST_MESSAGES);
    let mut history = Vec::new();
    let mut bytes = 0;
    for row in found.all(storage.database()).await? {
        let Some(outcome) = outcome(storage, &row).await? else { continue };
        let answer = match (&outcome.error, outcome.output.as_ref()) {
            (Some(failure), _) => format!("[no answer: {}]", failure.message),
            (None, Value::String(text)) => text.clone(),
            (None, value) => value.to_string(),
        };
        bytes += row.content.len() + answer.len();
        if bytes > MOST_BYTES {
            break;
        }
        // The newest comes first, so that what is left out is the oldest.
        history.push(Message { role: Role::Assistant, parts: vec![Part::text(answer)] });
        history.push(Message::user(row.content));
    }
    history.reverse();
    Ok(history)
}
