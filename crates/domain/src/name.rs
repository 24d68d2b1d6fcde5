//! Names that people give: a free title, or a slug that definitions refer to.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Text that is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Not 1 to 120 characters, or with control characters, or with spaces around it.
    #[error(
        "a name has 1 to 120 characters, none of them control characters, and no space around it"
    )]
    Name,
    /// Not a slug.
    #[error("`{0}` is not an identifier: 1 to 64 of a-z, 0-9 and _, starting with a letter")]
    Slug(String),
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

/// A title for people: 1 to 120 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

text_newtype!(Name);

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let length = text.chars().count();
        let fits = (1..=120).contains(&length)
            && text.trim() == text
            && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidName::Name) }
    }
}

/// An identifier for definitions: `[a-z][a-z0-9_]*`, at most 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

text_newtype!(Slug);

impl FromStr for Slug {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let rest_fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let fits = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(rest_fits);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Slug(text.chars().take(64).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_bounds() {
        assert!("Über-agent 7".parse::<Name>().is_ok());
        for text in ["", " a", "a\n", &"x".repeat(121)] {
            assert!(text.parse::<Name>().is_err(), "{text:?}");
        }
        assert!("any_urgent2".parse::<Slug>().is_ok());
        for text in ["", "2a", "A", "a-b", "é", &"x".repeat(65)] {
            assert!(text.parse::<Slug>().is_err(), "{text:?}");
        }
    }
}
