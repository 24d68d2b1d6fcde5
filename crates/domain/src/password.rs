//! The bounds of a person's password, wherever it comes from.

use std::ops::RangeInclusive;

/// The shortest and the longest password, in characters.
pub const PASSWORD_CHARS: RangeInclusive<usize> = 12..=256;
