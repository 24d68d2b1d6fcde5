//! One round of a turn: a model's reply, and what became of its calls.

use gathering_domain::{Failure, Usage};
use gathering_llm::{ModelReply, ToolCall, ToolResult};
use gathering_tools::ToolOutput;
use serde_json::Value;

use super::{
    name::CallKeys,
    progress::{self, Mark},
};

/// A reply and its calls.
#[derive(Debug, Clone)]
pub(super) struct Round {
    pub(super) reply: ModelReply,
    pub(super) usage: Usage,
    pub(super) calls: Vec<Call>,
    /// Set when nothing more comes of its calls.
    pub(super) mark: Option<Mark>,
}

/// One call and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) wanted: ToolCall,
    pub(super) consent: Consent,
    pub(super) result: Option<CallResult>,
    /// Whether the turn went on without the result, which may still come.
    pub(super) left_behind: bool,
}

/// What a person said of a call that needs consent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Consent {
    /// Nothing yet.
    None,
    /// The question stands in the inbox.
    Asked,
    /// It may run, perhaps with other arguments.
    Given {
        /// What to call it with instead.
        arguments: Option<Value>,
    },
    /// It may not.
    Refused,
}

/// What a call gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallResult {
    pub(super) text: String,
    pub(super) is_error: bool,
    pub(super) output: Option<ToolOutput>,
}

impl Round {
    pub(super) fn new(reply: ModelReply, usage: Usage) -> Self {
        let call = |call: &ToolCall| Call {
            wanted: call.clone(),
            consent: Consent::None,
            result: None,
            left_behind: false,
        };
        let calls = reply.tool_calls().map(call).collect();
        Self { reply, usage, calls, mark: None }
    }

    pub(super) fn close(&mut self) {
        self.mark = Some(progress::mark(self));
    }

    /// Goes on without the results that have not come.
    pub(super) fn leave_behind(&mut self) {
        for call in &mut self.calls {
            call.left_behind = call.result.is_none();
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.calls.iter().any(|call| call.result.is_none())
    }
}

impl Call {
    pub(super) fn keys(&self, round: usize, index: usize) -> CallKeys {
        CallKeys::new(round, index, &self.wanted.id)
    }

    /// What the tool is called with.
    pub(super) fn arguments(&self) -> &Value {
        match &self.consent {
            Consent::Given { arguments: Some(edited) } => edited,
            Consent::Given { arguments: None }
            | Consent::None
            | Consent::Asked
            | Consent::Refused => &self.wanted.arguments,
        }
    }

    /// What the model reads of the call: the same at every time that it is asked, so that a result
    /// which comes too late changes nothing.
    pub(super) fn message(&self) -> ToolResult {
        let (content, is_error) = match &self.result {
            Some(result) if !self.left_behind => (result.text.clone(), result.is_error),
            Some(_) | None => {
                ("not finished: the turn went on without its result".to_owned(), true)
            }
        };
        ToolResult { id: self.wanted.id.clone(), name: self.wanted.name.clone(), content, is_error }
    }
}

impl CallResult {
    /// What a tool answered; a person who settles an unknown outcome may give any JSON.
    pub(super) fn of(output: &Value) -> Self {
        let output = serde_json::from_value(output.clone())
            .unwrap_or_else(|_| ToolOutput::of(output.clone()));
        Self { text: output.text(), is_error: false, output: Some(output) }
    }

    pub(super) fn failed(failure: &Failure) -> Self {
        let Failure { code, message, .. } = failure;
        Self { text: format!("error ({code}): {message}"), is_error: true, output: None }
    }

    pub(super) fn error(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: true, output: None }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: false, output: None }
    }
}
