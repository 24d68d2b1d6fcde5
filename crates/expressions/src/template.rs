//! A text with expressions in it; one that is a single expression keeps the value's type.

use std::{fmt, io, sync::Arc};

use minijinja::Environment;
use serde_json::Value;

use crate::{
    bounds::{MAX_OUTPUT_BYTES, MAX_SOURCE_BYTES},
    check::{References, check, check_blocks},
    error::{EvaluateError, Limit, ParseError},
    expression::Expression,
    guard::{guard, without_products},
    language::LANGUAGE,
    scan::{is_plain_text, scan_template},
    scope::{Names, Scope},
};

/// A parsed template, such as `Sort this: {{ item.text }}`. Cheap to clone.
#[derive(Clone)]
pub struct Template {
    source: Arc<str>,
    form: Form,
    references: Arc<References>,
}

#[derive(Clone)]
enum Form {
    /// No markup: the text itself.
    Plain,
    /// Exactly one `{{ expression }}`: its value, whatever its type.
    Single(Expression),
    /// Anything else: an environment that holds the compiled text.
    Text(Arc<Environment<'static>>),
}

/// The name of the only template in an environment.
const NAME: &str = "template";

impl Template {
    /// Parses `source` and checks its names, which are those of a run.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_with(source, Names::RUN)
    }

    /// Parses `source` and checks that it uses these names alone.
    pub fn parse_with(source: &str, names: Names) -> Result<Self, ParseError> {
        if source.len() > MAX_SOURCE_BYTES {
            let message = format!("a template has at most {MAX_SOURCE_BYTES} bytes");
            return Err(ParseError::at(source, 0, message));
        }
        if is_plain_text(source) {
            return Ok(Self::new(source, Form::Plain, References::default()));
        }
        let parts = scan_template(source)
            .map_err(|fault| ParseError::at(source, fault.at, fault.message))?;
        check_blocks(source, &parts)?;
        let mut env = LANGUAGE.clone();
        compile(&mut env, &without_products(source, &parts), source)?;
        let references = check(source, &parts, names)?;
        if let [code] = parts.as_slice()
            && !code.statement
            && is_opening(&source[..code.start])
            && is_closing(&source[code.end..])
            && let Ok(expression) =
                Expression::parse_with(source[code.start..code.end].trim(), names)
        {
            return Ok(Self::new(source, Form::Single(expression), references));
        }
        if let Some(guarded) = guard(source, &parts)? {
            compile(&mut env, &guarded, source)?;
        }
        Ok(Self::new(source, Form::Text(Arc::new(env)), references))
    }

    fn new(source: &str, form: Form, references: References) -> Self {
        Self { source: source.into(), form, references: Arc::new(references) }
    }

    /// The text it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it refers to.
    pub fn references(&self) -> &References {
        &self.references
    }

    /// Whether it has no markup, and so always gives its own text.
    pub fn is_plain(&self) -> bool {
        matches!(self.form, Form::Plain)
    }

    /// The value in `scope`: of any type for a single expression, else a text.
    pub fn render(&self, scope: &Scope) -> Result<Value, EvaluateError> {
        match &self.form {
            Form::Plain => Ok(Value::String(self.source.as_ref().to_owned())),
            Form::Single(expression) => expression.evaluate(scope),
            Form::Text(env) => self.render_parts(env, scope).map(Value::String),
        }
    }

    /// The value in `scope` as a text: texts as they are, everything else as JSON.
    pub fn render_text(&self, scope: &Scope) -> Result<String, EvaluateError> {
        Ok(match self.render(scope)? {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }

    fn render_parts(&self, env: &Environment<'_>, scope: &Scope) -> Result<String, EvaluateError> {
        let mut output = Bounded(Vec::new());
        env.get_template(NAME)
            .and_then(|template| template.render_captured_to(scope.root(), &mut output).map(drop))
            .map_err(|error| EvaluateError::from_engine(&self.source, &error))?;
        Ok(String::from_utf8_lossy(&output.0).into_owned())
    }
}

fn compile(env: &mut Environment<'static>, text: &str, source: &str) -> Result<(), ParseError> {
    env.add_template_owned(NAME, text.to_owned())
        .map_err(|error| ParseError::from_engine(source, &error))
}

fn is_opening(text: &str) -> bool {
    matches!(text.trim_start(), "{{" | "{{-" | "{{+")
}

fn is_closing(text: &str) -> bool {
    matches!(text.trim_end(), "}}" | "-}}" | "+}}")
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source).finish()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// A buffer that refuses to grow past the size of a result.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(io::Error::other(Limit::Size));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
