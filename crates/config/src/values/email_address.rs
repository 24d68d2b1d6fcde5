//! An e-mail address, checked for its shape only.

use crate::setting::{Raw, Setting, unfit};

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// The longest address that mail systems accept, in bytes (RFC 5321).
const BYTES_MAX: usize = 254;

impl EmailAddress {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn acceptable(text: &str) -> bool {
        let blank = |letter: char| letter.is_whitespace() || letter.is_control();
        text.len() <= BYTES_MAX
            && !text.contains(blank)
            && text.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && !host.is_empty() && !host.contains('@')
            })
    }
}

impl Setting for EmailAddress {
    const KIND: &'static str = "an e-mail address";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text().map(str::trim) {
            Some(text) if Self::acceptable(text) => Ok(Self(text.to_owned())),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shape_of_an_address_is_checked() {
        for text in ["ann@example.com", "a.b+c@localhost", "ä@ü.example"] {
            assert!(EmailAddress::acceptable(text), "{text}");
        }
        for text in ["", "ann", "@example.com", "ann@", "a@b@c", "a b@c", "a@b\n"] {
            assert!(!EmailAddress::acceptable(text), "{text}");
        }
        assert!(!EmailAddress::acceptable(&format!("{}@example.com", "a".repeat(300))));
    }
}
