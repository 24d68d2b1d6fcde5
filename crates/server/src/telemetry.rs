//! Logs: text for people or JSON for machines, on standard error.

use std::io::IsTerminal as _;

use gathering_config::{Loaded, Place, values::LogFormat};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Begins to log. `usual` is the level of a command whose own words go to standard error, unless
/// somebody configured another.
pub(crate) fn init(loaded: &Loaded, usual: Option<&str>) -> anyhow::Result<()> {
    let is_configured = loaded
        .in_force
        .iter()
        .any(|setting| setting.key.path() == "log.level" && setting.place != Place::BuiltIn);
    let log = &loaded.config.log;
    let level = match usual {
        Some(usual) if !is_configured => usual,
        _ => log.level.as_str(),
    };
    let registry = tracing_subscriber::registry().with(EnvFilter::try_new(level)?);
    // The layer itself leaves colours out where `NO_COLOR` is set; they are never forced upon it.
    let mut layer = fmt::layer().with_writer(std::io::stderr);
    if !std::io::stderr().is_terminal() {
        layer = layer.with_ansi(false);
    }
    match log.format {
        LogFormat::Text => registry.with(layer).try_init()?,
        LogFormat::Json => registry.with(layer.json()).try_init()?,
    }
    Ok(())
}
