//! Instants as people write them: RFC 3339, to the microsecond.

use gathering_domain::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The last instant that can be a slot, and be written: the end of the year 9998.
const LATEST: i64 = 253_370_764_799_999_999;

/// `instant`, if it can be written.
pub(crate) fn representable(instant: Timestamp) -> Option<Timestamp> {
    (0..=LATEST).contains(&instant.micros()).then_some(instant)
}

fn print(instant: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(instant.micros())
        .map_or_else(|_| instant.to_rfc3339(), |instant| instant.to_string())
}

fn read(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).and_then(representable).ok_or_else(|| {
        let text: String = text.chars().take(64).collect();
        format!(
            "`{text}` is not a time between 1970 and 9998 with its offset, such as `2027-01-31T09:00:00+01:00`"
        )
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(crate) fn serialize<S: Serializer>(instant: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&print(*instant))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    read(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// The same for fields that may be absent.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Error, Serializer, Timestamp, print, read};

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(crate) fn serialize<S: Serializer>(
        instant: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match instant {
            Some(instant) => to.serialize_str(&print(*instant)),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| read(&text)).transpose().map_err(D::Error::custom)
    }
}

/// The JSON Schema of an instant.
pub(crate) fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "format": "date-time" })
}

/// The JSON Schema of a length of time.
pub(crate) fn duration_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string", "pattern": "^([0-9]{1,15}(us|ms|s|m|h|d))+$", "maxLength": 64
    })
}
