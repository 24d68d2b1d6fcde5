//! How long something is kept, written `90d`, or `off` for ever.

use gathering_domain::Duration;

use crate::setting::{Raw, Setting, unfit};

/// The word for ever.
const OFF: &str = "off";
/// What is kept at all is kept for a day.
const LEAST: Duration = Duration::from_secs(24 * 3600);
/// Longer is for ever.
const MOST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How long something is kept, if not for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepTime(Option<Duration>);

impl KeepTime {
    /// How long; none for ever.
    pub const fn time(self) -> Option<Duration> {
        self.0
    }
}

impl Setting for KeepTime {
    const KIND: &'static str = "a time of a day or more, such as `90d`, or `off` for ever";

    fn read(raw: &Raw) -> Result<Self, String> {
        if raw.text().is_some_and(|text| text.trim() == OFF) {
            return Ok(Self(None));
        }
        let time = Duration::read(raw).map_err(|_| unfit::<Self>(raw))?;
        if (LEAST..=MOST).contains(&time) { Ok(Self(Some(time))) } else { Err(unfit::<Self>(raw)) }
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| OFF.to_owned(), |time| time.show())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_or_for_ever() {
        let read = |text: &str| KeepTime::read(&Raw::Text(text.to_owned()));
        for (text, shown) in [("90d", "90d"), (" off ", "off"), ("24h", "1d")] {
            let kept = read(text).unwrap();
            assert_eq!((kept.show().as_str(), kept.time().is_none()), (shown, shown == "off"));
        }
        for text in ["", "on", "0", "23h", "40000d"] {
            assert!(read(text).unwrap_err().contains(KeepTime::KIND), "{text}");
        }
    }
}
