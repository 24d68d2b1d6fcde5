//! A fault in something that a person wrote, with its place.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A JSON pointer (RFC 6901) that is built step by step.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// Wraps pointer text that is already escaped.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The member or element `token` below this place.
    pub fn child(&self, token: impl fmt::Display) -> Self {
        let token = token.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{token}", self.0))
    }

    /// The pointer as text; empty for the whole document.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing wrong with a definition, a request or a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where it is.
    pub pointer: Pointer,
    /// Stable and documented, in `snake_case`.
    pub code: String,
    /// What is wrong and what would be right, for a person.
    pub message: String,
}

impl Fault {
    /// A fault at `pointer`.
    pub fn new(pointer: Pointer, code: &str, message: impl Into<String>) -> Self {
        Self { pointer, code: code.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.as_str().is_empty() { "/" } else { self.pointer.as_str() };
        write!(f, "{place}: {} ({})", self.message, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointer_escapes_its_tokens() {
        assert_eq!(
            Pointer::root().child("nodes").child(3).child("a/b~c").as_str(),
            "/nodes/3/a~1b~0c"
        );
    }
}
