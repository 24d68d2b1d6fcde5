//! Fences around data: marks that the data itself cannot hold.

use sha2::{Digest, Sha256};

/// The longest name of a source, in characters.
const MAX_SOURCE_CHARS: usize = 120;

/// Puts `text` between two marks that carry a part of its own digest, so that nothing inside can
/// close the fence: a text that held its own digest would have another one.
pub(crate) fn around(source: &str, text: &str) -> String {
    let digest = Sha256::digest(text);
    let mark = u64::from_be_bytes([
        digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
    ]);
    let source: String = source
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>'))
        .take(MAX_SOURCE_CHARS)
        .collect();
    format!("<data-{mark:016x} source=\"{source}\">\n{text}\n</data-{mark:016x}>")
}
