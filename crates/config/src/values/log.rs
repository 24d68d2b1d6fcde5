//! How log lines look, which of them are written.

use crate::setting::{Raw, Setting, unfit};

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for a person.
    Text,
    /// One JSON object a line.
    Json,
}

impl Setting for LogFormat {
    const KIND: &'static str = "`text` or `json`";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text().map(str::trim) {
            Some("text") => Ok(Self::Text),
            Some("json") => Ok(Self::Json),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Json => "json".to_owned(),
        }
    }
}

/// Which log lines are written: a level, then levels of single modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl LogFilter {
    /// The filter as text, in the form that subscribers of `tracing` read.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn acceptable(text: &str) -> bool {
        text.split(',').map(str::trim).all(|directive| {
            let (module, level) = directive.split_once('=').unwrap_or(("all", directive));
            let named = !module.is_empty()
                && module
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "_:".contains(letter));
            named && LEVELS.contains(&level)
        })
    }
}

impl Setting for LogFilter {
    const KIND: &'static str =
        "a level (`off`, `error`, `warn`, `info`, `debug`, `trace`) or levels by module";

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
    fn filters_are_levels_with_modules() {
        for text in ["info", "warn,gathering_worker=debug", "info, hyper::client=off"] {
            assert!(LogFilter::acceptable(text), "{text}");
        }
        for text in ["", "loud", "info,", "=info", "a b=info", "gathering=loud", "INFO"] {
            assert!(!LogFilter::acceptable(text), "{text}");
        }
    }
}
