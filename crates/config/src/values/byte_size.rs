//! An amount of bytes, written `512B`, `64KiB`, `1MiB` or as a plain number.

use crate::setting::{Raw, Setting, unfit};

/// An amount of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl ByteSize {
    /// The amount in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, unit) = UNITS
            .iter()
            .find_map(|(unit, bytes)| text.strip_suffix(unit).map(|digits| (digits, *bytes)))
            .unwrap_or((text, 1));
        digits.trim().parse::<u64>().ok()?.checked_mul(unit).map(Self)
    }
}

impl Setting for ByteSize {
    const KIND: &'static str = "a size such as `64KiB` or `1MiB`";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Integer(number) => u64::try_from(*number).ok().map(Self),
            Raw::Text(text) | Raw::Written(text) | Raw::Held(text) => Self::parse(text),
            Raw::Boolean(_) | Raw::List(_) => None,
        }
        .ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        UNITS
            .iter()
            .find(|(_, bytes)| self.0 >= *bytes && self.0.is_multiple_of(*bytes))
            .map_or_else(|| "0B".to_owned(), |(unit, bytes)| format!("{}{unit}", self.0 / bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_print() {
        for (text, bytes, shown) in [
            ("1MiB", 1 << 20, "1MiB"),
            ("64 KiB", 64 << 10, "64KiB"),
            ("1536KiB", 1536 << 10, "1536KiB"),
            ("700", 700, "700B"),
            ("0", 0, "0B"),
        ] {
            let size = ByteSize::read(&Raw::Written(text.to_owned())).unwrap();
            assert_eq!((size.bytes(), size.show().as_str()), (bytes, shown));
        }
        assert_eq!(ByteSize::read(&Raw::Integer(2048)).unwrap().show(), "2KiB");
        for text in ["", "1MB", "-1", "1.5MiB", "99999999999GiB"] {
            assert!(ByteSize::read(&Raw::Text(text.to_owned())).is_err(), "{text}");
        }
    }
}
