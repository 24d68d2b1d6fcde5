//! A JSON value in which every text is a template.

use serde_json::Value;

use crate::{
    bounds::{MAX_NESTING, MAX_OUTPUT_BYTES},
    check::References,
    error::{EvaluateError, ParseError},
    scope::{Names, Scope},
    template::Template,
};

/// A JSON value whose texts are parsed templates; its keys are not.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueTemplate(Part);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Constant(Value),
    Template(Template),
    List(Vec<Part>),
    Object(Vec<(String, Part)>),
}

/// A template in a value that could not be parsed or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{error}", place(pointer))]
pub struct ValueError<E: std::error::Error + 'static> {
    /// Where in the value, as a JSON pointer.
    pub pointer: String,
    /// What is wrong there.
    #[source]
    pub error: E,
}

/// Where in a value something is, as a message begins; nothing for the whole value.
fn place(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!("at `{pointer}`: ") }
}

impl ValueTemplate {
    /// Parses every text in `value`; all that fail are reported.
    pub fn parse(value: &Value) -> Result<Self, Vec<ValueError<ParseError>>> {
        Self::parse_with(value, Names::RUN)
    }

    /// The same, where the texts use these names alone.
    pub fn parse_with(value: &Value, names: Names) -> Result<Self, Vec<ValueError<ParseError>>> {
        let mut errors = Vec::new();
        let part = parse(value, names, &mut Vec::new(), &mut errors);
        if errors.is_empty() { Ok(Self(part)) } else { Err(errors) }
    }

    /// The value with each text replaced by what its template gives in `scope`.
    pub fn render(&self, scope: &Scope) -> Result<Value, ValueError<EvaluateError>> {
        let mut size = 0;
        render(&self.0, scope, &mut Vec::new(), &mut size)
    }

    /// What all its templates refer to.
    pub fn references(&self) -> References {
        let mut all = References::default();
        self.each_template(|_, template| all.merge(template.references()));
        all
    }

    /// Calls `visit` with each template and its JSON pointer.
    pub fn each_template(&self, mut visit: impl FnMut(&str, &Template)) {
        each(&self.0, &mut Vec::new(), &mut visit);
    }
}

/// JSON pointer (RFC 6901) of a path.
fn pointer(path: &[String]) -> String {
    path.iter().fold(String::new(), |pointer, token| {
        pointer + "/" + &token.replace('~', "~0").replace('/', "~1")
    })
}

fn parse(
    value: &Value,
    names: Names,
    path: &mut Vec<String>,
    errors: &mut Vec<ValueError<ParseError>>,
) -> Part {
    if path.len() > MAX_NESTING {
        let message = format!("a value is nested at most {MAX_NESTING} levels deep");
        errors.push(ValueError { pointer: pointer(path), error: ParseError::at("", 0, message) });
        return Part::Constant(Value::Null);
    }
    let mut inside = |token: String, value: &Value| {
        path.push(token);
        let part = parse(value, names, path, errors);
        path.pop();
        part
    };
    let part = match value {
        Value::String(text) => match Template::parse_with(text, names) {
            Ok(template) if template.is_plain() => Part::Constant(value.clone()),
            Ok(template) => Part::Template(template),
            Err(error) => {
                errors.push(ValueError { pointer: pointer(path), error });
                Part::Constant(Value::Null)
            }
        },
        Value::Array(items) => {
            let items = items.iter().enumerate();
            Part::List(items.map(|(at, item)| inside(at.to_string(), item)).collect())
        }
        Value::Object(members) => {
            let members = members.iter();
            Part::Object(
                members.map(|(key, value)| (key.clone(), inside(key.clone(), value))).collect(),
            )
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Part::Constant(value.clone()),
    };
    settle(part, value)
}

/// A list or object without templates is a constant as a whole.
fn settle(part: Part, value: &Value) -> Part {
    let constant = |part: &Part| matches!(part, Part::Constant(_));
    let settled = match &part {
        Part::List(items) => items.iter().all(constant),
        Part::Object(members) => members.iter().all(|(_, part)| constant(part)),
        Part::Constant(_) | Part::Template(_) => false,
    };
    if settled { Part::Constant(value.clone()) } else { part }
}

fn render(
    part: &Part,
    scope: &Scope,
    path: &mut Vec<String>,
    size: &mut usize,
) -> Result<Value, ValueError<EvaluateError>> {
    match part {
        Part::Constant(value) => Ok(value.clone()),
        Part::Template(template) => {
            let value = template.render(scope).and_then(|value| {
                *size += length(&value);
                if *size > MAX_OUTPUT_BYTES {
                    let error = crate::error::Limit::Size.error();
                    return Err(EvaluateError::from_engine(template.source(), &error));
                }
                Ok(value)
            });
            value.map_err(|error| ValueError { pointer: pointer(path), error })
        }
        Part::List(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                list.push(render(item, scope, path, size)?);
                path.pop();
            }
            Ok(Value::Array(list))
        }
        Part::Object(members) => {
            let mut object = serde_json::Map::with_capacity(members.len());
            for (key, member) in members {
                path.push(key.clone());
                object.insert(key.clone(), render(member, scope, path, size)?);
                path.pop();
            }
            Ok(Value::Object(object))
        }
    }
}

/// Bytes that a value holds, about.
fn length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 2,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(length).sum::<usize>() + 2,
        Value::Object(members) => {
            members.iter().map(|(key, value)| key.len() + length(value)).sum::<usize>() + 2
        }
    }
}

fn each(part: &Part, path: &mut Vec<String>, visit: &mut impl FnMut(&str, &Template)) {
    match part {
        Part::Constant(_) => {}
        Part::Template(template) => visit(&pointer(path), template),
        Part::List(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                each(item, path, visit);
                path.pop();
            }
        }
        Part::Object(members) => {
            for (key, member) in members {
                path.push(key.clone());
                each(member, path, visit);
                path.pop();
            }
        }
    }
}
