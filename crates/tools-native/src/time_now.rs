//! `time_now`: the present time in a zone.

use std::sync::Arc;

use gathering_domain::{Clock, Duration, EffectKind, Failure};
use gathering_tools::{ToolContext, ToolKind, ToolSpec, TypedTool};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Tells the time.
pub struct TimeNow {
    clock: Arc<dyn Clock>,
    zones: TimeZoneDatabase,
}

/// What to tell.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// An IANA time zone such as `Europe/Berlin`; UTC if absent.
    #[serde(default)]
    #[schemars(length(max = 64))]
    zone: Option<String>,
}

/// The present time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// RFC 3339 with the zone's offset.
    time: String,
    /// The zone.
    zone: String,
    /// Monday to Sunday.
    weekday: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    unix_seconds: i64,
}

impl TimeNow {
    /// A tool that reads `clock`, and zones from the data that is built in.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, zones: TimeZoneDatabase::bundled() }
    }

    fn zone(&self, name: &str) -> Result<TimeZone, Failure> {
        if name.eq_ignore_ascii_case("UTC") || name == "Z" {
            return Ok(TimeZone::UTC);
        }
        self.zones.get(name).map_err(|_| {
            let name: String = name.chars().take(64).collect();
            let message =
                format!("there is no time zone `{name}`; use an IANA name such as `Europe/Berlin`");
            Failure::fatal("invalid_arguments", message)
        })
    }
}

impl TypedTool for TimeNow {
    type Input = Input;
    type Output = Output;

    fn spec(&self) -> ToolSpec {
        let kind = ToolKind::Effect { kind: EffectKind::Pure };
        ToolSpec::of::<Input, Output>("time_now", "Tell the present date and time.", kind)
            .limits(Duration::from_secs(5), 1024)
    }

    async fn run(&self, _: &ToolContext, input: Input) -> Result<Output, Failure> {
        let zone = self.zone(input.zone.as_deref().unwrap_or("UTC"))?;
        let instant =
            jiff::Timestamp::from_microsecond(self.clock.now().micros()).map_err(|_| {
                Failure::fatal("tool_fault", "the clock shows a time outside the calendar")
            })?;
        let zoned = instant.to_zoned(zone);
        Ok(Output {
            time: zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            zone: zoned.time_zone().iana_name().unwrap_or("UTC").to_owned(),
            weekday: zoned.strftime("%A").to_string(),
            unix_seconds: instant.as_second(),
        })
    }
}
