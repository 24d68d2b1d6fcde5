//! A password of a person.

use gathering_domain::PASSWORD_CHARS;
use secrecy::{ExposeSecret, SecretString};

use super::MASK;
use crate::setting::{Raw, Setting, unfit};

/// A password, long enough to be one.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// The password itself, for hashing alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Setting for Password {
    const KIND: &'static str = "a password of 12 to 256 characters";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text() {
            Some(text) if PASSWORD_CHARS.contains(&text.chars().count()) => Ok(Self(text.into())),
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
        for (chars, fits) in [
            (*PASSWORD_CHARS.start(), true),
            (*PASSWORD_CHARS.end(), true),
            (PASSWORD_CHARS.end() + 1, false),
        ] {
            assert_eq!(read(&"x".repeat(chars)).is_ok(), fits, "{chars}");
            let said = Password::KIND.contains(&format!(
                "{} to {}",
                PASSWORD_CHARS.start(),
                PASSWORD_CHARS.end()
            ));
            assert!(said, "{}", Password::KIND);
        }
    }
}
