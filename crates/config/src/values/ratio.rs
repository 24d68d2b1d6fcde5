//! A share of a whole: from 0 to 1.

use crate::setting::{Raw, Setting, unfit};

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio(f64);

impl Ratio {
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Setting for Ratio {
    const KIND: &'static str = "a number from `0` to `1`, in quotes in the file";

    fn read(raw: &Raw) -> Result<Self, String> {
        let number = match (raw.integer(), raw.text()) {
            (Some(0), _) => Some(0.0),
            (Some(1), _) => Some(1.0),
            (Some(_), _) => None,
            (None, text) => text.and_then(|text| text.trim().parse().ok()),
        };
        let fits = number.filter(|number| (0.0..=1.0).contains(number));
        fits.map(Self).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_lies_between_none_and_all() {
        let read = |text: &str| Ratio::read(&Raw::Written(text.to_owned()));
        assert_eq!(read("0.25").map(Ratio::get), Ok(0.25));
        assert_eq!(Ratio::read(&Raw::Integer(1)).map(Ratio::get), Ok(1.0));
        for bad in ["", "-0.1", "1.01", "2", "NaN", "inf", "half"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
