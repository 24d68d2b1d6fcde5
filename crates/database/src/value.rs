//! A value that is bound to a parameter of a statement.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

/// A value for a parameter. On PostgreSQL it is checked against the type that the statement expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A truth; 0 or 1 on SQLite.
    Bool(bool),
    /// A whole number, also a time in microseconds.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// Text, also JSON.
    Text(Arc<str>),
    /// Bytes; cheap to clone.
    Bytes(Bytes),
    /// An id; 16 bytes on SQLite.
    Uuid(Uuid),
}

impl Value {
    /// The JSON text of `value`.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::Text(value.to_string().into())
    }

    /// Text. PostgreSQL takes no NUL in it, and what comes from people and models may hold one: it becomes
    /// a replacement character, on both engines.
    fn text(text: &str) -> Self {
        if text.contains('\0') {
            Self::Text(text.replace('\0', "\u{fffd}").into())
        } else {
            Self::Text(text.into())
        }
    }

    /// The name of the variant, for messages that must not show the value.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "uuid",
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $make:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                ($make)(value)
            }
        }
    )*};
}

value_from! {
    bool => Value::Bool,
    i64 => Value::Int,
    i32 => |v| Value::Int(i64::from(v)),
    i16 => |v| Value::Int(i64::from(v)),
    u32 => |v| Value::Int(i64::from(v)),
    u16 => |v| Value::Int(i64::from(v)),
    u8 => |v| Value::Int(i64::from(v)),
    f64 => Value::Real,
    &str => Value::text,
    String => |v: String| Value::text(&v),
    &String => |v: &String| Value::text(v),
    Arc<str> => |v: Arc<str>| if v.contains('\0') { Value::text(&v) } else { Value::Text(v) },
    Box<serde_json::value::RawValue> => |v: Box<serde_json::value::RawValue>| Value::Text(v.get().into()),
    &serde_json::value::RawValue => |v: &serde_json::value::RawValue| Value::Text(v.get().into()),
    Bytes => Value::Bytes,
    Vec<u8> => |v: Vec<u8>| Value::Bytes(v.into()),
    &[u8] => |v: &[u8]| Value::Bytes(Bytes::copy_from_slice(v)),
    Uuid => Value::Uuid,
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Self::json(&value)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(value: &serde_json::Value) -> Self {
        Self::json(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values for a statement's parameters, in order: `params![id, "name", None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec::Vec::<$crate::Value>::from([$($crate::Value::from($value)),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_convert_what_they_are_given() {
        let id = Uuid::from_u128(7);
        let values = params![
            true,
            3,
            4_u32,
            0.5,
            "a",
            String::from("b"),
            id,
            None::<i64>,
            Some(9_i64),
            vec![1_u8]
        ];
        let expected = [
            Value::Bool(true),
            Value::Int(3),
            Value::Int(4),
            Value::Real(0.5),
            Value::Text("a".into()),
            Value::Text("b".into()),
            Value::Uuid(id),
            Value::Null,
            Value::Int(9),
            Value::Bytes(vec![1].into()),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn no_parameters_are_an_empty_list() {
        assert!(params![].is_empty());
    }

    #[test]
    fn json_is_bound_as_its_text() {
        let json = serde_json::json!({"b": [1, null]});
        assert_eq!(Value::from(json), Value::Text(r#"{"b":[1,null]}"#.into()));
    }
}
