//! A definition as it comes in: JSON of a request, or the text of a file.

use gathering_domain::Fault;
use serde_json::Value;

pub use gathering_pipelines::Format;

/// A definition as it came.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// JSON, read already.
    Json(Value),
    /// The text of a file.
    Text {
        /// The text.
        text: String,
        /// How it is written.
        format: Format,
    },
}

impl Source {
    /// The definition as a JSON value, or why it cannot be read.
    pub(crate) fn read(self) -> Result<Value, Fault> {
        match self {
            Self::Json(document) => Ok(document),
            Self::Text { text, format } => gathering_pipelines::read(&text, format),
        }
    }

    /// The source as it came, to tell one request from another.
    pub(crate) fn as_value(&self) -> Value {
        match self {
            Self::Json(document) => document.clone(),
            Self::Text { text, .. } => Value::from(text.as_str()),
        }
    }
}
