//! A token that a program sends to be let in.

use secrecy::{ExposeSecret, SecretString};

use super::MASK;
use crate::setting::{Raw, Setting, unfit};

/// The fewest characters: fewer could be guessed.
const CHARS_MIN: usize = 16;
/// The most characters.
const CHARS_MAX: usize = 256;

/// Printable text without spaces, long enough that nobody guesses it.
#[derive(Debug, Clone)]
pub struct BearerToken(SecretString);

impl BearerToken {
    /// The token itself, for comparing alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Setting for BearerToken {
    const KIND: &'static str = "a token of 16 to 256 printable characters without spaces";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        let fits = |text: &str| {
            (CHARS_MIN..=CHARS_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        match raw.text().map(str::trim) {
            Some(text) if fits(text) => Ok(Self(text.into())),
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
    fn a_token_is_long_and_stays_hidden() {
        let read = |text: &str| BearerToken::read(&Raw::Text(text.to_owned()));
        let token = read("0123456789abcdef\n").unwrap();
        assert_eq!(token.expose(), "0123456789abcdef");
        assert!(!format!("{token:?}{}", token.show()).contains("abcdef"));
        for bad in ["", "0123456789abcde", "0123456789 abcdef", &"x".repeat(257)] {
            assert!(!read(bad).unwrap_err().contains("0123"), "{bad}");
        }
    }
}
