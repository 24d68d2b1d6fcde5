//! What can be wrong with an expression: at its parsing, and at its evaluation.

use crate::bounds::{FUEL, MAX_OUTPUT_BYTES};

/// A text that is not an expression or template of the language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Line in the source, from 1.
    pub line: usize,
    /// Column in the line, in characters, from 1.
    pub column: usize,
}

impl ParseError {
    /// A fault at byte `offset` of `source`.
    pub(crate) fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            message: message.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    pub(crate) fn from_engine(source: &str, error: &minijinja::Error) -> Self {
        let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        if let Some(range) = error.range() {
            return Self::at(source, range.start, message);
        }
        Self { message, line: error.line().unwrap_or(1), column: 1 }
    }
}

/// What kind of failure ended an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvaluateErrorKind {
    /// A name or attribute does not exist.
    Undefined,
    /// The step or work limit was reached.
    TooCostly,
    /// The result, or a part of it on the way, is too large or too deep.
    TooLarge,
    /// A condition gave something other than true or false.
    NotABoolean,
    /// Any other failure: wrong types, a failing filter.
    Failed,
}

impl EvaluateErrorKind {
    /// The stable code of this kind.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Undefined => "undefined_name",
            Self::TooCostly => "expression_too_costly",
            Self::TooLarge => "expression_too_large",
            Self::NotABoolean => "condition_not_boolean",
            Self::Failed => "expression_failed",
        }
    }
}

/// A failed evaluation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not evaluate `{expression}`: {message}")]
pub struct EvaluateError {
    /// What kind of failure.
    pub kind: EvaluateErrorKind,
    /// What went wrong.
    pub message: String,
    /// The source, cut to 120 characters.
    pub expression: String,
}

impl EvaluateError {
    pub(crate) fn new(kind: EvaluateErrorKind, source: &str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), expression: cut(source) }
    }

    pub(crate) fn from_engine(source: &str, error: &minijinja::Error) -> Self {
        use minijinja::ErrorKind;
        if let Some(limit) = find_limit(error) {
            return Self::new(limit.kind(), source, limit.to_string());
        }
        let (kind, message) = match error.kind() {
            ErrorKind::OutOfFuel => (EvaluateErrorKind::TooCostly, Limit::Steps.to_string()),
            ErrorKind::UndefinedError => (EvaluateErrorKind::Undefined, describe(error)),
            _ => (EvaluateErrorKind::Failed, describe(error)),
        };
        Self::new(kind, source, message)
    }
}

fn describe(error: &minijinja::Error) -> String {
    let mut text = error.kind().to_string();
    if let Some(detail) = error.detail() {
        text = format!("{text}: {detail}");
    }
    text.chars().take(400).collect()
}

fn cut(source: &str) -> String {
    const KEPT: usize = 120;
    let mut text: String = source.chars().take(KEPT).collect();
    if text.len() < source.len() {
        text.push('…');
    }
    text
}

/// A bound that an evaluation ran into; travels through the engine's error as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Limit {
    #[error("more than {FUEL} steps")]
    Steps,
    #[error("its filters and operators do too much work")]
    Work,
    #[error("a value of more than {MAX_OUTPUT_BYTES} bytes")]
    Size,
    #[error("a value nested too deeply")]
    Nesting,
}

impl Limit {
    fn kind(self) -> EvaluateErrorKind {
        match self {
            Self::Steps | Self::Work => EvaluateErrorKind::TooCostly,
            Self::Size | Self::Nesting => EvaluateErrorKind::TooLarge,
        }
    }

    pub(crate) fn error(self) -> minijinja::Error {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, self.to_string())
            .with_source(self)
    }
}

fn find_limit(error: &minijinja::Error) -> Option<Limit> {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(limit) = cause.downcast_ref::<Limit>() {
            return Some(*limit);
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && let Some(limit) = io.get_ref().and_then(|inner| inner.downcast_ref::<Limit>())
        {
            return Some(*limit);
        }
        source = cause.source();
    }
    None
}
