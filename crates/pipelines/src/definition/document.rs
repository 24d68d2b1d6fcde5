//! Reads JSON and YAML documents within bounds, and says where one is broken.

use std::{cell::RefCell, fmt};

use gathering_domain::{Fault, Pointer, YamlBeyondBounds, check_yaml_bounds};
use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// Longest document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// Deepest nesting of lists and objects in a document.
pub const MAX_NESTING: usize = 64;

/// Most values in a document, those that YAML aliases repeat included.
pub const MAX_DOCUMENT_VALUES: usize = 200_000;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML 1.2.
    Yaml,
}

/// Reads a document as a JSON value. Refuses what is too long, too deep or too large, keys that
/// stand twice, and keys that are not text.
pub fn read(text: &str, format: Format) -> Result<Value, Fault> {
    if text.len() > MAX_DOCUMENT_BYTES {
        let message = format!("a definition has at most {MAX_DOCUMENT_BYTES} bytes");
        return Err(Fault::new(Pointer::root(), "document_too_large", message));
    }
    if format == Format::Yaml {
        check_yaml_bounds(text).map_err(|beyond| {
            let code = match beyond {
                YamlBeyondBounds::Brackets(..) => "nested_too_deeply",
                YamlBeyondBounds::Directives(..) => "document_too_large",
            };
            Fault::new(Pointer::root(), code, beyond.to_string())
        })?;
    }
    let progress = RefCell::new(Progress::default());
    let seed = Seed { progress: &progress, depth: 0, twice: false };
    let (message, code) = match format {
        Format::Json => {
            let mut from = serde_json::Deserializer::from_str(text);
            match seed.deserialize(&mut from).and_then(|value| from.end().map(|()| value)) {
                Ok(value) => return Ok(value),
                Err(error) => (error.to_string(), "invalid_json"),
            }
        }
        Format::Yaml => match seed.deserialize(serde_norway::Deserializer::from_str(text)) {
            Ok(value) => return Ok(value),
            Err(error) => (error.to_string(), "invalid_yaml"),
        },
    };
    let progress = progress.into_inner();
    let pointer = progress.path.iter().fold(Pointer::root(), |pointer, token| pointer.child(token));
    let code = progress.code.unwrap_or(code);
    Err(Fault::new(pointer, code, message.chars().take(400).collect::<String>()))
}

/// Where reading is, and what stopped it.
#[derive(Default)]
struct Progress {
    path: Vec<String>,
    values: usize,
    code: Option<&'static str>,
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    progress: &'a RefCell<Progress>,
    depth: usize,
    /// Whether the value's key stood there before. Refused at the value, where the parser adds the
    /// line to the error.
    twice: bool,
}

impl Seed<'_> {
    fn refuse<E: serde::de::Error>(self, code: &'static str, message: impl fmt::Display) -> E {
        self.progress.borrow_mut().code = Some(code);
        E::custom(message)
    }

    /// Goes to a member or element. The path is left standing on an error, to say where it was.
    fn enter(self, token: String) -> Self {
        self.progress.borrow_mut().path.push(token);
        Self { depth: self.depth + 1, twice: false, ..self }
    }

    fn leave(self) {
        self.progress.borrow_mut().path.pop();
    }

    fn check_depth<E: serde::de::Error>(self) -> Result<(), E> {
        if self.depth >= MAX_NESTING {
            let message = format!("nested more than {MAX_NESTING} levels deep");
            return Err(self.refuse("nested_too_deeply", message));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        let values = {
            let mut progress = self.progress.borrow_mut();
            progress.values += 1;
            progress.values
        };
        if values > MAX_DOCUMENT_VALUES {
            let message = format!("more than {MAX_DOCUMENT_VALUES} values");
            return Err(self.refuse("document_too_large", message));
        }
        if self.twice {
            self.progress.borrow_mut().code = Some("duplicate_key");
            return from.deserialize_any(Refuse);
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| self.refuse("invalid_number", "a number that is not finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut list = Vec::new();
        loop {
            let inner = self.enter(list.len().to_string());
            let item = items.next_element_seed(inner)?;
            self.leave();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key_seed(KeySeed(self))? {
            let inner = self.enter(key.clone());
            let twice = object.contains_key(&key);
            let member = members.next_value_seed(Seed { twice, ..inner })?;
            self.leave();
            object.insert(key, member);
        }
        Ok(Value::Object(object))
    }
}

/// Takes nothing.
struct Refuse;

macro_rules! refuse_all {
    ($($visit:ident: $of:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $of) -> Result<Value, E> {
            Err(E::custom("the key stands twice"))
        })*
    };
}

impl Visitor<'_> for Refuse {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no second value for the same key")
    }

    refuse_all!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// A key, which must be text: YAML would take anything.
struct KeySeed<'a>(Seed<'a>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        match from.deserialize_any(self.0)? {
            Value::String(key) => Ok(key),
            other => Err(self.0.refuse::<D::Error>("key_not_text", format!("`{other}` is no key"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_formats_give_the_same_value() {
        let yaml = "a: [1, -2, 2.5, true, null, x]\nb: { c: 'true' }\n";
        let json = r#"{"a": [1, -2, 2.5, true, null, "x"], "b": {"c": "true"}}"#;
        let value = json!({ "a": [1, -2, 2.5, true, null, "x"], "b": { "c": "true" } });
        assert_eq!(read(yaml, Format::Yaml), Ok(value.clone()));
        assert_eq!(read(json, Format::Json), Ok(value));
    }

    #[test]
    fn aliases_count_as_often_as_they_stand() {
        let list = "x,".repeat(1_000);
        let text = format!("a: &a [{list}]\nb: [{}]\n", "*a,".repeat(250));
        assert_eq!(read(&text, Format::Yaml).unwrap_err().code, "document_too_large");
    }

    #[test]
    fn broken_documents_name_their_place() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let endless = format!("a: it's [\nb: {}", "[".repeat(1_000_000));
        let tags = "%TAG !a! b\n".repeat(90_000);
        let bomb = format!(
            "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n{}",
            (1..9)
                .map(|n| format!("a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(",")))
                .collect::<Vec<_>>()
                .join("\n")
        );
        for (text, format, pointer, code, part) in [
            ("{\"a\": 1,\n \"a\": 2}", Format::Json, "/a", "duplicate_key", "line 2"),
            ("a: 1\na: 2\n", Format::Yaml, "/a", "duplicate_key", "line 2"),
            ("a: {b: [1, {2: 3}]}", Format::Yaml, "/a/b/1", "key_not_text", "`2` is no key"),
            ("a: [1\nb: 2", Format::Yaml, "/a/1", "invalid_yaml", "line 2"),
            ("{\"a\": [1, }", Format::Json, "/a/1", "invalid_json", "column"),
            ("{} {}", Format::Json, "", "invalid_json", "trailing"),
            ("", Format::Json, "", "invalid_json", "EOF"),
            ("a: .nan", Format::Yaml, "/a", "invalid_number", "finite"),
            (&deep, Format::Json, &"/0".repeat(64), "nested_too_deeply", "64"),
            (&deep, Format::Yaml, &"/0".repeat(64), "nested_too_deeply", "64"),
            (&endless, Format::Yaml, "", "nested_too_deeply", "at line 2 column 132"),
            (&tags, Format::Yaml, "", "document_too_large", "at line 65 column 1"),
            (&bomb, Format::Yaml, "", "invalid_yaml", "repetition"),
            (&" ".repeat(MAX_DOCUMENT_BYTES + 1), Format::Json, "", "document_too_large", "bytes"),
        ] {
            let fault = read(text, format).unwrap_err();
            assert_eq!(fault.code, code, "{fault}");
            assert!(fault.message.contains(part), "{fault}");
            if !pointer.is_empty() {
                assert_eq!(fault.pointer.as_str(), pointer, "{fault}");
            }
        }
    }
}
