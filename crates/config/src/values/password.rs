//! A password of a person.

use secrecy::{ExposeSecret, SecretString};

use super::MASK;
use crate::setting::{Raw, Setting, unfit};

/// A password, long enough to be one.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// The shortest and the longest password, in characters.
const CHARACTERS: std::ops::RangeInclusive<usize> = 12..=1024;

impl Password {
    /// The password itself, for hashing alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Setting for Password {
    const KIND: &'static str = "a password of 12 to 1024 characters";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text() {
            Some(text) if CHARACTERS.contains(&text.chars().count()) => Ok(Self(text.into())),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        MASK.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_stays_hidden() {
        let read = |text: &str| Password::read(&Raw::Text(text.to_owned()));
        let password = read("correct horse").unwrap();
        assert_eq!(password.expose(), "correct horse");
        assert!(!format!("{password:?}{}", password.show()).contains("horse"));
        assert!(!read("too short").unwrap_err().contains("too short"));
        assert!(read(&"x".repeat(1025)).is_err());
    }
}
