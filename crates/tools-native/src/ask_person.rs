//! `ask_person`: a question whose answer the run awaits.

use gathering_tools::{Answer, Question, ToolKind, ToolSpec};

/// The spec of the tool; there is nothing to call, a machine awaits the answer.
pub fn ask_person() -> ToolSpec {
    let purpose = "Ask a person a question and wait for the answer. For decisions or facts that only a person can give.";
    ToolSpec::of::<Question, Answer>("ask_person", purpose, ToolKind::AskPerson)
}
