//! Putting secrets where their markers are, written as the place demands.

use std::{collections::BTreeMap, fmt::Write as _};

use gathering_domain::find_secret_markers;
use secrecy::ExposeSecret as _;

use super::Secret;

/// How a value must be written where its marker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// As it is.
    Plain,
    /// Within a JSON string.
    Json,
    /// Within a URL or a form: percent-encoded, so that no value can change what surrounds it.
    Url,
}

/// Secrets by name, as one request uses them.
pub(crate) type Injected = BTreeMap<String, Secret>;

/// The names of the secrets that `text` asks for.
pub(crate) fn find_names(text: &str) -> impl Iterator<Item = &str> {
    find_secret_markers(text).into_iter().map(|(_, name)| name)
}

/// Replaces each marker whose secret is in `secrets`.
pub(crate) fn inject(text: &str, kind: TextKind, secrets: &Injected) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, name) in find_secret_markers(text) {
        if let Some(secret) = secrets.get(name) {
            out.push_str(&text[from..range.start]);
            out.push_str(&encode(secret.value.expose_secret(), kind));
            from = range.end;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// Writes a value as a place of `kind` demands.
pub(crate) fn encode(value: &str, kind: TextKind) -> String {
    match kind {
        TextKind::Plain => value.to_owned(),
        TextKind::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        TextKind::Url => {
            let mut out = String::with_capacity(value.len());
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use gathering_domain::secret_marker;

    use super::*;

    #[test]
    fn values_are_written_as_their_place_demands() {
        let value = "a\"b/c d&é\\";
        let secrets = Injected::from([(
            "KEY".to_owned(),
            Secret { value: value.to_owned().into(), hosts: vec![] },
        )]);
        let text = format!("<{}|{}>", secret_marker("KEY"), secret_marker("OTHER"));
        let other = secret_marker("OTHER");
        for (kind, written) in [
            (TextKind::Plain, value.to_owned()),
            (TextKind::Json, "a\\\"b/c d&é\\\\".to_owned()),
            (TextKind::Url, "a%22b%2Fc%20d%26%C3%A9%5C".to_owned()),
        ] {
            assert_eq!(inject(&text, kind, &secrets), format!("<{written}|{other}>"));
        }
    }
}
