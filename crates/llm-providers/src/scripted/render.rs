//! Templates in a script: text with expressions, bounded in steps and size.

use gathering_llm::ModelErrorKind;
use minijinja::{Environment, UndefinedBehavior, value::Value as Term};
use serde_json::Value;

use crate::fault::WireFault;

/// The most steps of one template.
const STEPS: u64 = 100_000;
/// The most bytes that one template makes.
const TEXT_LIMIT: usize = 1024 * 1024;
/// The deepest nesting of a value in a script.
const DEPTH_LIMIT: usize = 32;

/// What templates of one answer can name.
pub(super) struct Scene {
    environment: Environment<'static>,
    names: Term,
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(STEPS));
    environment
}

/// Checks that `text` is a template.
pub(super) fn check(text: &str) -> Result<(), String> {
    environment().template_from_str(text).map(|_| ()).map_err(|error| error.to_string())
}

/// Checks each text of a value.
pub(super) fn check_value(value: &Value) -> Result<(), String> {
    fn walk(value: &Value, depth: usize) -> Result<(), String> {
        if depth > DEPTH_LIMIT {
            return Err(format!("a value is nested more than {DEPTH_LIMIT} deep"));
        }
        match value {
            Value::String(text) => check(text),
            Value::Array(items) => items.iter().try_for_each(|item| walk(item, depth + 1)),
            Value::Object(members) => members.values().try_for_each(|item| walk(item, depth + 1)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }
    walk(value, 0)
}

impl Scene {
    pub(super) fn new(names: Term) -> Self {
        Self { environment: environment(), names }
    }

    /// Makes text.
    pub(super) fn text(&self, template: &str) -> Result<String, WireFault> {
        let text = self.environment.render_str(template, &self.names).map_err(|e| fault(&e))?;
        if text.len() > TEXT_LIMIT {
            let message = format!("a template makes more than {TEXT_LIMIT} bytes");
            return Err(WireFault::new(ModelErrorKind::InvalidRequest, message));
        }
        Ok(text)
    }

    /// Makes a value; a text that is one expression keeps the expression's type.
    pub(super) fn value(&self, template: &Value) -> Result<Value, WireFault> {
        Ok(match template {
            Value::String(text) => match one_expression(text) {
                Some(expression) => {
                    let expression = self.environment.compile_expression(expression);
                    let term = expression.and_then(|expression| expression.eval(&self.names));
                    let term = term.map_err(|error| fault(&error))?;
                    serde_json::to_value(&term)
                        .map_err(|error| WireFault::malformed("a value of the script", &error))?
                }
                None => Value::String(self.text(text)?),
            },
            Value::Array(items) => {
                items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?
            }
            Value::Object(members) => {
                let made = members.iter().map(|(key, item)| Ok((key.clone(), self.value(item)?)));
                Value::Object(made.collect::<Result<_, WireFault>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
        })
    }
}

/// The expression, if the text is nothing but one.
fn one_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner)
}

fn fault(error: &minijinja::Error) -> WireFault {
    let message = format!("a template of the script failed: {error:#}");
    WireFault::new(ModelErrorKind::InvalidRequest, message)
}
