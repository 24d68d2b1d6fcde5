//! Every value that left through the clients of a process, to be taken out of what it tells.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::needles::Needles;

/// The most values that are remembered; for one more, that which was used longest ago is forgotten.
const MOST_VALUES: usize = 1_000;
/// The most bytes of them in all their forms. A value has about eleven times its length in forms, so this
/// holds all values of a usual length, and some twenty of the longest.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Shorter values are taken out of the answers to their own requests alone: elsewhere they would match by
/// chance.
const SHORTEST: usize = 8;

/// The values of secrets that clients have used, over all their requests. Cheap to clone; clones share what
/// they remember.
///
/// To look through a text takes a look-up for each of its bytes, however many values there are.
#[derive(Clone, Default)]
pub struct Revealed(Arc<RwLock<Memory>>);

#[derive(Default)]
struct Memory {
    values: VecDeque<(String, SecretString)>,
    needles: Arc<Needles>,
}

impl Revealed {
    /// Remembers a value.
    pub fn remember(&self, name: &str, value: &SecretString) {
        if value.expose_secret().len() < SHORTEST {
            return;
        }
        let same =
            |(_, known): &(String, SecretString)| known.expose_secret() == value.expose_secret();
        let is_last = |memory: &Memory| memory.values.back().is_some_and(same);
        if is_last(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = memory.values.iter().position(same) {
            let known = memory.values.remove(at);
            memory.values.extend(known);
            return;
        }
        memory.values.push_back((name.to_owned(), value.clone()));
        let mut needles = Needles::clone(&memory.needles);
        needles.add(name, value);
        while memory.values.len() > MOST_VALUES
            || needles.weight() > MOST_BYTES && memory.values.len() > 1
        {
            // Half of the room at once, so that this is rare.
            let half = memory.values.len().div_ceil(2);
            memory.values.drain(..half);
            needles = Needles::default();
            for (name, value) in &memory.values {
                needles.add(name, value);
            }
        }
        memory.needles = Arc::new(needles);
    }

    /// The bytes with the values that they hold replaced by their names.
    pub fn redact<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        replaced(&self.needles(), bytes)
    }

    /// The same of a text.
    pub fn redact_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Replaces values in every text and key of `value`; nothing if it holds none.
    pub fn redact_value(&self, value: &Value) -> Option<Value> {
        let needles = self.needles();
        (!needles.is_empty()).then(|| redact_value(&needles, value)).flatten()
    }

    pub(super) fn needles(&self) -> Arc<Needles> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).needles)
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed")
    }
}

/// Replaces what is found; borrowed if there is nothing.
pub(super) fn replaced<'a>(needles: &Needles, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    if needles.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let (mut shown, mut from, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        if let Some((length, marker)) = needles.at_beginning(&bytes[at..]) {
            shown.extend_from_slice(&bytes[from..at]);
            shown.extend_from_slice(marker);
            at += length;
            from = at;
        } else {
            at += 1;
        }
    }
    if from == 0 {
        return Cow::Borrowed(bytes);
    }
    shown.extend_from_slice(&bytes[from..]);
    Cow::Owned(shown)
}

fn redact_value(needles: &Needles, value: &Value) -> Option<Value> {
    let text = |text: &str| match replaced(needles, text.as_bytes()) {
        Cow::Borrowed(_) => None,
        Cow::Owned(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
    };
    match value {
        Value::Null | Value::Bool(_) => None,
        // A value may be all digits.
        Value::Number(number) => text(&number.to_string()).map(Value::String),
        Value::String(own) => text(own).map(Value::String),
        Value::Array(items) => {
            let found: Vec<_> = items.iter().map(|item| redact_value(needles, item)).collect();
            let found_any = found.iter().any(Option::is_some);
            let items = items.iter().zip(found);
            found_any.then(|| items.map(|(old, new)| new.unwrap_or_else(|| old.clone())).collect())
        }
        Value::Object(fields) => {
            let found: Vec<_> = fields
                .iter()
                .map(|(key, value)| (text(key), redact_value(needles, value)))
                .collect();
            let found_any = found.iter().any(|(key, value)| key.is_some() || value.is_some());
            let fields = fields.iter().zip(found);
            found_any.then(|| {
                let fields = fields.map(|((old_key, old), (key, new))| {
                    (key.unwrap_or_else(|| old_key.clone()), new.unwrap_or_else(|| old.clone()))
                });
                Value::Object(fields.collect())
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose};
    use serde_json::json;

    use super::*;
    use crate::secrets::needles::placeholder;

    fn secret(text: impl Into<String>) -> SecretString {
        text.into().into()
    }

    #[test]
    fn a_value_is_found_in_every_form_and_in_the_midst_of_others() {
        let revealed = Revealed::default();
        revealed.remember("K", &secret("s3cr\"t/vÄlue?>"));
        let value = "s3cr\"t/vÄlue?>";
        let hexadecimal = gathering_domain::hex(value.as_bytes());
        let mut forms = vec![
            value.to_owned(),
            "s3cr\\\"t/vÄlue?>".to_owned(),
            "s3cr%22t%2Fv%C3%84lue%3F%3E".to_owned(),
            hexadecimal.to_uppercase(),
            hexadecimal,
        ];
        for user in ["", "u", "us", "usr", "user"] {
            for engine in [general_purpose::STANDARD, general_purpose::URL_SAFE] {
                forms.push(engine.encode(format!("{user}{value}")));
                forms.push(engine.encode(format!("{user}{value}:{user}x")));
            }
        }
        for form in forms {
            let shown = revealed.redact_text(&form).into_owned();
            assert!(shown.contains(&placeholder("K")), "{form}: {shown}");
            // What is left of base64 is of the neighbours, and bits of the value that share characters
            // with them.
            let left = shown.len() - placeholder("K").len();
            assert!(form.len() - left >= value.len(), "{form}: {shown}");
        }
        assert!(matches!(revealed.redact(b"nothing of the kind"), Cow::Borrowed(_)));
    }

    #[test]
    fn texts_keys_and_numbers_of_a_value_are_looked_through() {
        let revealed = Revealed::default();
        revealed.remember("K", &secret("hunter2-hunter2"));
        revealed.remember("N", &secret("1234567890"));
        let (k, n) = (placeholder("K"), placeholder("N"));
        let value = json!({ "a": ["x hunter2-hunter2"], "hunter2-hunter2": 1_234_567_890, "b": 5 });
        let shown = revealed.redact_value(&value).unwrap();
        assert_eq!(shown, json!({ "a": [format!("x {k}")], k: n, "b": 5 }));
        assert_eq!(revealed.redact_value(&json!({ "a": [1, "b"] })), None);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let revealed = Revealed::default();
        revealed.remember("SHORT", &secret("1234567"));
        assert!(revealed.needles().is_empty(), "a short value would match by chance");
        for number in 0..=MOST_VALUES {
            revealed.remember("K", &secret(format!("value-of-{number}")));
        }
        let known = |text: &str| matches!(revealed.redact(text.as_bytes()), Cow::Owned(_));
        assert!(known(&format!("value-of-{MOST_VALUES}")));
        assert!(!known("the value-of-0 is forgotten"));
        for number in 0..100 {
            revealed.remember("LONG", &secret(format!("{number:016384}")));
            assert!(revealed.needles().weight() <= MOST_BYTES);
        }
        assert!(known(&format!("{:016384}", 99)));
    }
}
