//! What others put into a run's inbox, as inputs of its execution.

use gathering_engine::Input;
use gathering_storage::InboxMessage;

/// The input that a message means.
pub(crate) fn input(message: InboxMessage) -> Input {
    match message {
        InboxMessage::Cancel { actor, reason } => Input::Cancel { actor, reason },
        InboxMessage::Signal(signal) => Input::Signal(signal),
        InboxMessage::Resolve { key, attempt, resolution, actor } => {
            Input::Resolved { key, attempt, resolution, actor }
        }
        InboxMessage::Child(settled) => Input::Child(settled),
        InboxMessage::BudgetRaised { budget, cost, actor } => Input::Raised { budget, cost, actor },
    }
}
