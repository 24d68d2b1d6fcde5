//! Instants as clients read them.

use std::borrow::Cow;

use gathering_domain::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

use crate::Problem;

/// An instant: RFC 3339, UTC, with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(Timestamp);

/// The instant that a parameter names, if it is given.
pub(crate) fn parse_time(pointer: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let read = |text| {
        Timestamp::parse_rfc3339(text).ok_or_else(|| {
            let message = "a time is written as in RFC 3339: `2026-01-01T00:00:00Z`";
            Problem::invalid(pointer, "invalid_time", message)
        })
    };
    text.map(read).transpose()
}

impl From<Timestamp> for Time {
    fn from(instant: Timestamp) -> Self {
        Self(instant)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0.to_rfc3339())
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339, UTC, with milliseconds."))
            .examples(["2026-01-01T00:00:00.000Z"])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Time")
    }
}
