//! Turns values of the engine into JSON, within the bounds of a result.

use minijinja::{Error, ErrorKind, Value as Engine, value::ValueKind};
use serde_json::{Map, Number, Value as Json};

use crate::{
    bounds::{MAX_NESTING, MAX_OUTPUT_BYTES, MAX_WORK},
    error::Limit,
};

/// What one element counts beside its text, in bytes.
const ELEMENT_BYTES: usize = 2;

/// The JSON of `value`; fails on what JSON cannot say, and on what exceeds the bounds.
pub(crate) fn to_json(value: &Engine) -> Result<Json, Error> {
    convert(value, &mut Allowance::of_result(), 0)
}

/// Bytes that `value` would take as text, about; fails past the size of a result.
pub(crate) fn weigh(value: &Engine) -> Result<usize, Error> {
    let mut allowance = Allowance::of_result();
    walk(value, &mut allowance, 0)?;
    Ok(MAX_OUTPUT_BYTES - allowance.left)
}

/// Bytes that whoever reads the whole of `value` reads, about; fails past the work of an evaluation.
pub(crate) fn seen(value: &Engine) -> Result<usize, Error> {
    let most = usize::try_from(MAX_WORK).unwrap_or(usize::MAX);
    let mut allowance = Allowance { left: most, limit: Limit::Work };
    walk(value, &mut allowance, 0)?;
    Ok(most - allowance.left)
}

struct Allowance {
    left: usize,
    /// What it is when nothing is left.
    limit: Limit,
}

impl Allowance {
    const fn of_result() -> Self {
        Self { left: MAX_OUTPUT_BYTES, limit: Limit::Size }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| self.limit.error())?;
        Ok(())
    }
}

fn convert(value: &Engine, allowance: &mut Allowance, depth: usize) -> Result<Json, Error> {
    if depth > MAX_NESTING {
        return Err(Limit::Nesting.error());
    }
    allowance.take(ELEMENT_BYTES)?;
    match value.kind() {
        ValueKind::Undefined => Err(ErrorKind::UndefinedError.into()),
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Number => number(value).map(Json::Number),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            allowance.take(text.len())?;
            Ok(Json::String(text.to_owned()))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in value.try_iter()? {
                items.push(convert(&item, allowance, depth + 1)?);
            }
            Ok(Json::Array(items))
        }
        ValueKind::Map => {
            let mut members = Map::new();
            for key in value.try_iter()? {
                let name = match key.as_str() {
                    Some(name) => name.to_owned(),
                    None if key.is_number() => key.to_string(),
                    None => return Err(unsupported("an object whose keys are not text")),
                };
                allowance.take(name.len())?;
                members.insert(name, convert(&value.get_item(&key)?, allowance, depth + 1)?);
            }
            Ok(Json::Object(members))
        }
        ValueKind::Bytes => Err(unsupported("raw bytes")),
        _ => Err(unsupported("a function or an invalid value")),
    }
}

fn number(value: &Engine) -> Result<Number, Error> {
    if value.is_integer() {
        if let Ok(integer) = i64::try_from(value.clone()) {
            return Ok(integer.into());
        }
        return u64::try_from(value.clone())
            .map(Number::from)
            .map_err(|_| unsupported("an integer of more than 64 bits"));
    }
    f64::try_from(value.clone())
        .ok()
        .and_then(Number::from_f64)
        .ok_or_else(|| unsupported("a number that is not finite"))
}

fn unsupported(what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{what} cannot be a result"))
}

fn walk(value: &Engine, allowance: &mut Allowance, depth: usize) -> Result<(), Error> {
    if depth > MAX_NESTING {
        return Err(Limit::Nesting.error());
    }
    allowance.take(ELEMENT_BYTES + value.as_str().map_or(0, str::len))?;
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            for item in value.try_iter()? {
                walk(&item, allowance, depth + 1)?;
            }
        }
        ValueKind::Map => {
            for key in value.try_iter()? {
                walk(&key, allowance, depth + 1)?;
                walk(&value.get_item(&key)?, allowance, depth + 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}
