//! Subjects of events, and the patterns that pick some of them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest pattern, in bytes.
const MAX_BYTES: usize = 200;
/// What stands for any word, and at the end for anything.
const ANY: &str = "*";

/// Which events are meant: words between dots, as types and subjects have them.
///
/// `*` in place of a word is any one word; at the end it is the rest, of one word or more. So
/// `run.failed` is itself, `run.*` is also `run.node.failed`, `run.*.failed` is that and not
/// `run.failed`, `orders.eu*` is all that begins so, and `*` is everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubjectPattern(String);

/// Text that is not a pattern of subjects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a pattern: write words with dots between them, up to {MAX_BYTES} bytes without spaces; `*` \
     stands for a word, or at the end for the rest, as in `orders.*.paid` and `run.*`"
)]
pub struct InvalidPattern;

impl SubjectPattern {
    /// Whether the subject is among those that are meant.
    pub fn fits(&self, subject: &str) -> bool {
        subject_fits(&self.0, subject)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a subject fits a pattern, for text that may be none: that fits only itself.
pub fn subject_fits(pattern: &str, subject: &str) -> bool {
    let (head, last) = match pattern.rsplit_once('.') {
        Some((head, last)) => (Some(head), last),
        None => (None, pattern),
    };
    let mut rest = Some(subject);
    for wanted in head.iter().flat_map(|head| head.split('.')) {
        let Some((word, after)) = rest.and_then(|rest| rest.split_once('.')) else { return false };
        if wanted != ANY && wanted != word {
            return false;
        }
        rest = Some(after);
    }
    let rest = rest.unwrap_or_default();
    last.strip_suffix(ANY).map_or(rest == last, |start| rest.starts_with(start))
}

impl FromStr for SubjectPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let words: Vec<&str> = text.split('.').collect();
        let plain = |word: &str| {
            !word.is_empty()
                && word.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '*')
        };
        let (last, head) = words.split_last().ok_or(InvalidPattern)?;
        let ends_well =
            plain(last) || last.strip_suffix(ANY).is_some_and(|w| w.is_empty() || plain(w));
        let is_pattern = text.len() <= MAX_BYTES
            && ends_well
            && head.iter().all(|word| *word == ANY || plain(word));
        if is_pattern { Ok(Self(text.to_owned())) } else { Err(InvalidPattern) }
    }
}

impl fmt::Display for SubjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SubjectPattern {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SubjectPattern {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_pick_by_words() {
        for (pattern, fits, fails) in [
            ("run.failed", vec!["run.failed"], vec!["run.failed_over", "run", "run.failed.x"]),
            (
                "run.*",
                vec!["run.failed", "run.node.failed"],
                vec!["run", "runs.failed", "approval.x"],
            ),
            ("run.*.failed", vec!["run.node.failed"], vec!["run.failed", "run.a.b.failed", "run."]),
            ("run.*.*", vec!["run.node.failed", "run.a.b.c"], vec!["run.failed"]),
            ("*.paid", vec!["orders.paid"], vec!["paid", "orders.eu.paid"]),
            ("orders.eu*", vec!["orders.eu", "orders.eu.paid", "orders.europe"], vec!["orders.us"]),
            ("*", vec!["run.failed", "x", "a.b.c"], vec![]),
            ("run_01", vec!["run_01"], vec!["run_02"]),
        ] {
            let read: SubjectPattern = pattern.parse().unwrap();
            assert!(fits.iter().all(|subject| read.fits(subject)), "{pattern}");
            assert!(fails.iter().all(|subject| !read.fits(subject)), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let long = "a".repeat(MAX_BYTES + 1);
        for text in
            ["", ".", "a..b", "a.", "a b", "a\n", "a*b", "*a.b", "a*.b", "**", "a.**", &long]
        {
            assert_eq!(text.parse::<SubjectPattern>(), Err(InvalidPattern), "{text:?}");
        }
    }
}
