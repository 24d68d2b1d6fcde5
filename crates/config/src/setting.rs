//! What can be the value of a key: how it is read, checked against bounds and shown.

use std::{net::SocketAddr, path::PathBuf};

use gathering_domain::Duration;

/// A value as a layer gave it, before its key gives it a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// A string of the TOML file.
    Text(String),
    /// An integer of the TOML file.
    Integer(i64),
    /// A boolean of the TOML file.
    Boolean(bool),
    /// An array of the TOML file.
    List(Vec<Self>),
    /// Text of a variable or a flag, which may stand for any type.
    Written(String),
    /// What the file holds that a key names which ends in `_file`.
    Held(String),
}

/// A type that a key can have.
pub trait Setting: Sized {
    /// What a value looks like, for a person.
    const KIND: &'static str;
    /// Whether a value must never be shown.
    const SECRET: bool = false;

    /// Reads a value. The message of a fault says what was expected, and never holds a secret.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// The value in force when no layer and no default gives one.
    fn absent() -> Option<Self> {
        None
    }

    /// The value as a listing may show it.
    fn show(&self) -> String;
}

/// Says that `found` is not a `T`.
pub(crate) fn unfit<T: Setting>(found: &Raw) -> String {
    if T::SECRET {
        return format!("the value is not {}", T::KIND);
    }
    match found {
        Raw::Text(text) | Raw::Written(text) | Raw::Held(text) => {
            format!("`{}` is not {}", shortened(text), T::KIND)
        }
        Raw::Integer(number) => format!("`{number}` is not {}", T::KIND),
        Raw::Boolean(truth) => format!("`{truth}` is not {}", T::KIND),
        Raw::List(_) => format!("a list is not {}", T::KIND),
    }
}

/// The most characters of a faulty value that a message repeats.
const SHOWN_CHARACTERS: usize = 80;

fn shortened(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).collect()
}

impl Raw {
    /// The text of a value that is written as text, whichever layer it comes from.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Written(text) | Self::Held(text) => Some(text),
            Self::Integer(_) | Self::Boolean(_) | Self::List(_) => None,
        }
    }

    /// The value of a whole number.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Written(text) => text.trim().parse().ok(),
            Self::Text(_) | Self::Held(_) | Self::Boolean(_) | Self::List(_) => None,
        }
    }
}

impl<T: Setting> Setting for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;

    fn read(raw: &Raw) -> Result<Self, String> {
        T::read(raw).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

/// Lists are arrays in the configuration, texts parted by commas in a variable or a flag, and lines of
/// a file of their own.
impl<T: ListItem> Setting for Vec<T> {
    const KIND: &'static str = T::LIST_KIND;
    const SECRET: bool = T::SECRET;

    fn read(raw: &Raw) -> Result<Self, String> {
        let items = match raw {
            Raw::List(items) => items.clone(),
            Raw::Written(text) => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Raw::Written(item.to_owned()))
                .collect(),
            Raw::Held(text) => return in_lines(text),
            Raw::Text(_) | Raw::Integer(_) | Raw::Boolean(_) => return Err(unfit::<Self>(raw)),
        };
        few_enough(items.len())?;
        items.iter().map(T::read).collect()
    }

    fn show(&self) -> String {
        self.iter().map(T::show).collect::<Vec<_>>().join(",")
    }
}

/// The most items that a list may have.
const LIST_ITEMS_MAX: usize = 256;

fn few_enough(items: usize) -> Result<(), String> {
    if items > LIST_ITEMS_MAX {
        return Err(format!("{items} items are more than {LIST_ITEMS_MAX}"));
    }
    Ok(())
}

/// The items of a file, one a line. A fault names the line.
fn in_lines<T: ListItem>(text: &str) -> Result<Vec<T>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    few_enough(lines.clone().count())?;
    lines
        .map(|(at, line)| {
            T::read(&Raw::Held(line.trim().to_owned()))
                .map_err(|fault| format!("line {} of the file: {fault}", at + 1))
        })
        .collect()
}

/// A type that stands in lists.
pub trait ListItem: Setting {
    /// What a list of it looks like, for a person.
    const LIST_KIND: &'static str;
}

impl Setting for SocketAddr {
    const KIND: &'static str = "an address and port such as `127.0.0.1:7400`";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(|text| text.trim().parse().ok()).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for PathBuf {
    const KIND: &'static str = "a path";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text() {
            Some(text) if !text.is_empty() && !text.contains('\0') => Ok(Self::from(text)),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Setting for u32 {
    const KIND: &'static str = "a whole number";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.integer()
            .and_then(|number| Self::try_from(number).ok())
            .ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for Duration {
    const KIND: &'static str = "a duration such as `250ms`, `30s` or `1h30m`";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(|text| text.parse().ok()).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::PrivatePlace;

    fn written(text: &str) -> Raw {
        Raw::Written(text.to_owned())
    }

    #[test]
    fn numbers_are_numbers_in_the_file_and_text_elsewhere() {
        assert_eq!(u32::read(&Raw::Integer(7)), Ok(7));
        assert_eq!(u32::read(&written(" 7 ")), Ok(7));
        for raw in [
            Raw::Text("7".to_owned()),
            Raw::Integer(-1),
            Raw::Integer(i64::MAX),
            Raw::Boolean(true),
            written("seven"),
            written(""),
        ] {
            assert!(u32::read(&raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn lists_are_arrays_in_the_file_and_parted_by_commas_elsewhere() {
        let names = |raw: &Raw| Vec::<PrivatePlace>::read(raw).map(|list| list.show());
        let array = Raw::List(vec![Raw::Text("a.test".to_owned()), Raw::Text("b.test".to_owned())]);
        assert_eq!(names(&array).as_deref(), Ok("a.test,b.test"));
        assert_eq!(names(&written("a.test, b.test,")).as_deref(), Ok("a.test,b.test"));
        assert_eq!(names(&written("")).as_deref(), Ok(""));
        assert!(names(&Raw::Text("a.test".to_owned())).is_err());
        assert!(names(&written("a.test,not a host")).unwrap_err().contains("`not a host`"));
        assert!(names(&Raw::List(vec![Raw::Text("a.test".to_owned()); 257])).is_err());
    }

    #[test]
    fn a_fault_repeats_only_the_beginning_of_a_long_value() {
        assert!(SocketAddr::read(&written(&"x".repeat(10_000))).unwrap_err().len() < 200);
    }
}
