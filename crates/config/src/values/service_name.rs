//! What this server is called among other services.

use crate::setting::{Raw, Setting, unfit};

/// The longest name, in characters.
const CHARS_MAX: usize = 64;

/// A short name of letters, digits, `-`, `_`, `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceName(String);

impl ServiceName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for ServiceName {
    const KIND: &'static str = "a name of up to 64 letters, digits, `-`, `_` and `.`";

    fn read(raw: &Raw) -> Result<Self, String> {
        let fits = |text: &&str| {
            (1..=CHARS_MAX).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let text = raw.text().map(str::trim).filter(fits);
        text.map(|text| Self(text.to_owned())).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        let read = |text: &str| ServiceName::read(&Raw::Written(text.to_owned()));
        assert_eq!(read("gathering-eu.1").unwrap().as_str(), "gathering-eu.1");
        for bad in ["", "a b", "a/b", &"x".repeat(65)] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
