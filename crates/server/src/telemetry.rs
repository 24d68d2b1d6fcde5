//! What the server tells of itself: a log on standard error, and traces by configuration.

mod json_lines;
mod panics;
pub(crate) mod traces;
mod writer;

use std::{io::IsTerminal as _, sync::Arc};

use gathering_config::{Loaded, Place, values::LogFormat};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, fmt::writer::BoxMakeWriter, prelude::*};

use self::traces::Traces;
use crate::{ambient::SystemClock, redaction::Redacting};

pub(crate) use writer::{flush, lost};

/// Begins to log in a command that ends soon. `usual` is its level where its own words go to standard
/// error, unless somebody configured another.
pub(crate) fn init(loaded: &Loaded, usual: Option<&str>) -> anyhow::Result<()> {
    begin(loaded, usual, BoxMakeWriter::new(std::io::stderr), None)
}

/// Begins to log and to trace in a server, which must go on whatever becomes of standard error and of
/// the receiver of traces.
pub(crate) fn init_server(loaded: &Loaded) -> anyhow::Result<Option<Traces>> {
    let traces = Traces::begin(&loaded.config)?;
    let writer = BoxMakeWriter::new(writer::Queue::standard_error()?);
    begin(loaded, None, writer, traces.as_ref())?;
    Ok(traces)
}

fn begin(
    loaded: &Loaded,
    usual: Option<&str>,
    writer: BoxMakeWriter,
    traces: Option<&Traces>,
) -> anyhow::Result<()> {
    let is_configured = loaded
        .in_force
        .iter()
        .any(|setting| setting.key.path() == "log.level" && setting.place != Place::BuiltIn);
    let log = &loaded.config.log;
    let level = match usual {
        Some(usual) if !is_configured => usual,
        _ => log.level.as_str(),
    };
    let writer = BoxMakeWriter::new(Redacting(writer));
    let lines = lines(log.format, writer).with_filter(EnvFilter::try_new(level)?);
    let traces = traces.map(Traces::layer);
    tracing_subscriber::registry().with(lines).with(traces).try_init()?;
    panics::log_them();
    Ok(())
}

fn lines(format: LogFormat, writer: BoxMakeWriter) -> Box<dyn Layer<Registry> + Send + Sync> {
    match format {
        LogFormat::Json => Box::new(json_lines::JsonLines::new(writer, Arc::new(SystemClock))),
        LogFormat::Text => {
            // The layer itself leaves colours out where `NO_COLOR` is set; they are never forced
            // upon it.
            let mut layer = fmt::layer().with_writer(writer);
            if !std::io::stderr().is_terminal() {
                layer = layer.with_ansi(false);
            }
            Box::new(layer)
        }
    }
}
