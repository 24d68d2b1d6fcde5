//! Columns that may be null and hold words or JSON.
#![expect(
    clippy::option_option,
    reason = "the outer one says whether the column can be read, the inner one whether it holds anything"
)]

use serde::de::DeserializeOwned;

/// Reads JSON.
pub(crate) fn json<T: DeserializeOwned>(text: Option<String>) -> Option<Option<T>> {
    word(text, |text| serde_json::from_str(text).ok())
}

/// Reads a word.
pub(crate) fn word<T>(
    text: Option<String>,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    text.map_or(Some(None), |text| read(&text).map(Some))
}
