//! What a check found, and where.

use std::fmt;

/// Whether a finding fails the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Fault,
    Warning,
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) weight: Weight,
    place: String,
    message: String,
}

impl Finding {
    pub(super) fn fault(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { weight: Weight::Fault, place: place.into(), message: message.into() }
    }

    pub(super) fn warning(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { weight: Weight::Warning, ..Self::fault(place, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warning = if self.weight == Weight::Warning { " (warning)" } else { "" };
        write!(f, "{}: {}{warning}", self.place, self.message)
    }
}
