//! One expression, parsed once and evaluated often.

use std::{fmt, sync::Arc};

use minijinja::Value as Engine;
use serde_json::Value;

use crate::{
    bounds::MAX_EXPRESSION_BYTES,
    check::{References, check},
    error::{EvaluateError, EvaluateErrorKind, ParseError},
    guard::{guard, without_products},
    json::to_json,
    language::LANGUAGE,
    scan::scan_expression,
    scope::{Names, Scope},
};

/// A parsed expression, such as `nodes.sort.output | length > 0`. Cheap to clone.
#[derive(Clone)]
pub struct Expression {
    source: Arc<str>,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
    references: Arc<References>,
}

impl Expression {
    /// Parses `source` and checks its names, which are those of a run.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_with(source, Names::RUN)
    }

    /// Parses `source` and checks that it uses these names alone.
    pub fn parse_with(source: &str, names: Names) -> Result<Self, ParseError> {
        if source.len() > MAX_EXPRESSION_BYTES {
            let message = format!("an expression has at most {MAX_EXPRESSION_BYTES} bytes");
            return Err(ParseError::at(source, 0, message));
        }
        let compile = |text: &str| {
            LANGUAGE
                .compile_expression_owned(text.to_owned())
                .map_err(|error| ParseError::from_engine(source, &error))
        };
        let code = scan_expression(source)
            .map_err(|fault| ParseError::at(source, fault.at, fault.message))?;
        let mut compiled = compile(&without_products(source, std::slice::from_ref(&code)))?;
        let references = check(source, std::slice::from_ref(&code), names)?;
        if let Some(guarded) = guard(source, std::slice::from_ref(&code))? {
            compiled = compile(&guarded)?;
        }
        Ok(Self {
            source: source.into(),
            compiled: Arc::new(compiled),
            references: Arc::new(references),
        })
    }

    /// The text it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it refers to.
    pub fn references(&self) -> &References {
        &self.references
    }

    /// The expression's value in `scope`.
    pub fn evaluate(&self, scope: &Scope) -> Result<Value, EvaluateError> {
        self.evaluate_raw(scope)
            .and_then(|value| to_json(&value))
            .map_err(|error| EvaluateError::from_engine(&self.source, &error))
    }

    /// Whether the expression holds in `scope`. Only true and false are answers.
    pub fn holds(&self, scope: &Scope) -> Result<bool, EvaluateError> {
        let value = self
            .evaluate_raw(scope)
            .map_err(|error| EvaluateError::from_engine(&self.source, &error))?;
        bool_of(&value).ok_or_else(|| {
            let message = format!("a condition is true or false, and this is a {}", value.kind());
            EvaluateError::new(EvaluateErrorKind::NotABoolean, &self.source, message)
        })
    }

    fn evaluate_raw(&self, scope: &Scope) -> Result<Engine, minijinja::Error> {
        let value = self.compiled.eval(scope.root())?;
        if value.is_undefined() {
            return Err(minijinja::ErrorKind::UndefinedError.into());
        }
        Ok(value)
    }
}

fn bool_of(value: &Engine) -> Option<bool> {
    (value.kind() == minijinja::value::ValueKind::Bool).then(|| value.is_true())
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
