//! How often something may be done, written `50/s burst 200`, or `off`.

use gathering_domain::Rate;

use crate::setting::{Raw, Setting, unfit};

/// The word for no limit.
const OFF: &str = "off";

/// How often something may be done, if there is a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit(Option<Rate>);

impl RateLimit {
    /// The rate; none where there is no limit.
    pub const fn rate(self) -> Option<Rate> {
        self.0
    }
}

impl Setting for RateLimit {
    const KIND: &'static str = "a rate such as `50/s`, `10/m burst 30` or `100/h`, or `off`";

    fn read(raw: &Raw) -> Result<Self, String> {
        let text = raw.text().ok_or_else(|| unfit::<Self>(raw))?;
        if text.trim() == OFF {
            return Ok(Self(None));
        }
        text.parse().map(|rate| Self(Some(rate))).map_err(|_| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| OFF.to_owned(), |rate| rate.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_or_no_limit() {
        let read = |text: &str| RateLimit::read(&Raw::Text(text.to_owned()));
        for (text, shown) in
            [("50/s burst 200", "50/s burst 200"), (" off ", "off"), ("5/m", "5/m")]
        {
            let limit = read(text).unwrap();
            assert_eq!((limit.show().as_str(), limit.rate().is_none()), (shown, shown == "off"));
        }
        for text in ["", "on", "0", "0/s", "50"] {
            assert!(read(text).unwrap_err().contains(RateLimit::KIND), "{text}");
        }
        assert!(RateLimit::read(&Raw::Integer(5)).is_err());
    }
}
