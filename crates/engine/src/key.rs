//! Keys: the stable name of one wanted thing within a run, such as `turn:3/tool:call_7`.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The most bytes a key may have.
pub const MAX_KEY_BYTES: usize = 240;

/// A stable name within a run. What a key stands for never changes between versions of a machine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(Arc<str>);

/// Text that cannot be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to {MAX_KEY_BYTES} bytes of printable ASCII, not {0} bytes of `{1}`")]
pub struct InvalidKey(usize, String);

impl Key {
    /// Makes a key of text that the program composed of parts that are already checked.
    ///
    /// Panics if the text is not a key: machines check names from outside before they use them.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self::parse(text.as_ref()).expect("machines compose keys of checked parts")
    }

    /// Reads a key from outside.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let fits =
            (1..=MAX_KEY_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(InvalidKey(text.len(), text.chars().take(64).collect()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

impl TryFrom<String> for Key {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        Self::parse(&text)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0.as_ref().to_owned()
    }
}
