//! The text of a path beneath a directory, held to rules that every host reads alike.

use std::{fmt, path::Path, str::FromStr};

use crate::{PathFault, WorkspaceError};

/// The longest path, in bytes.
pub const PATH_BYTES_MAX: usize = 1_024;
/// The longest part of a path, in bytes: what most file systems take.
pub const COMPONENT_BYTES_MAX: usize = 255;
/// The most parts of a path.
pub const COMPONENTS_MAX: usize = 64;
/// How much of a refused path an error repeats, in characters.
const SHOWN_CHARS: usize = 120;

/// A relative path of plain names, parted by `/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BeneathPath(String);

impl BeneathPath {
    /// The path as the host takes it.
    pub(crate) fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// The directory in which it lies; none for a name alone.
    pub(crate) fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// Its last part: the name that it has in its directory.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BeneathPath {
    type Err = WorkspaceError;

    fn from_str(text: &str) -> Result<Self, WorkspaceError> {
        match fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(fault) => {
                let path = text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect();
                Err(WorkspaceError::Path { path, fault })
            }
        }
    }
}

impl fmt::Display for BeneathPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fault(text: &str) -> Option<PathFault> {
    if text.is_empty() {
        return Some(PathFault::Empty);
    }
    if text.len() > PATH_BYTES_MAX || text.split('/').count() > COMPONENTS_MAX {
        return Some(PathFault::TooLong);
    }
    if text.chars().any(is_unprintable) {
        return Some(PathFault::Unprintable);
    }
    // Before all else that speaks of parts: `\` and `%2f` part them for some readers, and so does `:` for
    // drives and for the streams of NTFS.
    if text.starts_with(['/', '\\', '~']) || has_drive(text) {
        return Some(PathFault::Absolute);
    }
    if text.split(['/', '\\']).any(is_upwards) {
        return Some(PathFault::Upwards);
    }
    if text.contains(is_separator_in_disguise) || has_encoded_separator(text) {
        return Some(PathFault::Disguised);
    }
    text.split('/').find_map(component_fault)
}

fn component_fault(name: &str) -> Option<PathFault> {
    if name.len() > COMPONENT_BYTES_MAX {
        return Some(PathFault::TooLong);
    }
    // `a.` and `a ` are `a` on some hosts.
    let is_name = !name.is_empty() && name != "." && !name.ends_with(['.', ' ']);
    (!is_name || name.starts_with(' ')).then_some(PathFault::NoName)
}

/// Control characters, and those that show a text in another order than it has or do not show at all.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Characters that some readers fold into `/`, `\` or `.`, and `:`, which parts streams and drives.
const fn is_separator_in_disguise(c: char) -> bool {
    matches!(
        c,
        '\\' | ':'
            | '\u{2044}'
            | '\u{2215}'
            | '\u{2216}'
            | '\u{29f5}'
            | '\u{29f8}'
            | '\u{29f9}'
            | '\u{fe68}'
            | '\u{ff0f}'
            | '\u{ff3c}'
            | '\u{2024}'
            | '\u{2025}'
            | '\u{2026}'
            | '\u{fe52}'
            | '\u{ff0e}'
            | '\u{ff1a}'
    )
}

fn has_drive(text: &str) -> bool {
    let mut chars = text.chars();
    matches!((chars.next(), chars.next()), (Some(drive), Some(':')) if drive.is_ascii_alphabetic())
}

/// `..`, also where dots are folded or encoded, or where there are more of them.
fn is_upwards(name: &str) -> bool {
    let plain = decoded(name);
    let plain = plain.trim_matches(|c: char| c.is_whitespace());
    let dots =
        |c: char| matches!(c, '.' | '\u{2024}' | '\u{2025}' | '\u{2026}' | '\u{fe52}' | '\u{ff0e}');
    plain.chars().count() > 0
        && plain.chars().all(dots)
        && (plain.chars().count() > 1 || !plain.starts_with('.'))
}

/// Percent-encoding undone as often as somebody further on might, for the characters that matter here.
fn decoded(name: &str) -> String {
    let mut text = name.to_ascii_lowercase();
    while text.contains("%25") {
        text = text.replace("%25", "%");
    }
    text.replace("%2e", ".").replace("%u002e", ".").replace("%c0%ae", ".")
}

fn has_encoded_separator(text: &str) -> bool {
    let text = decoded(text);
    let encoded = ["%2f", "%5c", "%00", "%3a", "%c0%af", "%c1%9c", "%u2215", "%u2216", "%u002f"];
    encoded.iter().any(|part| text.contains(part))
        || text.split(['/', '\\']).any(|part| part == "..")
}
