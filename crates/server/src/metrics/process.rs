//! Figures of the process, which the kernel keeps, and of what it tells of itself.

use std::{
    fmt, fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};

use super::declared::{self as d, Declared};
use crate::telemetry;

/// Asks the kernel when somebody asks.
#[derive(Debug)]
pub(super) struct Process {
    /// Seconds since 1970.
    pub(super) started_at: f64,
    /// The same; 0 without a certificate.
    pub(super) certificate_ends: Arc<AtomicI64>,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        counter(&mut encoder, &d::LOG_LOST, telemetry::lost())?;
        let [sent, failed, dropped] = telemetry::traces::counts();
        counter(&mut encoder, &d::SPANS_SENT, sent)?;
        counter(&mut encoder, &d::SPANS_FAILED, failed)?;
        counter(&mut encoder, &d::SPANS_DROPPED, dropped)?;
        gauge(&mut encoder, &d::STARTED, self.started_at)?;
        let ends = self.certificate_ends.load(Ordering::Relaxed);
        if ends != 0 {
            gauge(&mut encoder, &d::CERTIFICATE_ENDS, ends)?;
        }
        if let Some(bytes) = resident_bytes() {
            gauge(&mut encoder, &d::MEMORY, bytes)?;
        }
        if let Some(seconds) = cpu_seconds() {
            counter(&mut encoder, &d::CPU, seconds)?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            // One of them is the listing itself.
            let open = i64::try_from(open.count().saturating_sub(1)).unwrap_or(i64::MAX);
            gauge(&mut encoder, &d::OPEN_FILES, open)?;
        }
        let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        if let Some(most) = most.and_then(|most| i64::try_from(most).ok()) {
            gauge(&mut encoder, &d::MOST_FILES, most)?;
        }
        Ok(())
    }
}

fn gauge<N: EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder<'_>,
    declared: &'static Declared,
    value: N,
) -> fmt::Result
where
    ConstGauge<N>: EncodeMetric,
{
    write(encoder, declared, &ConstGauge::new(value))
}

fn counter<N: EncodeCounterValue>(
    encoder: &mut DescriptorEncoder<'_>,
    declared: &'static Declared,
    value: N,
) -> fmt::Result
where
    ConstCounter<N>: EncodeMetric,
{
    write(encoder, declared, &ConstCounter::new(value))
}

fn write(
    encoder: &mut DescriptorEncoder<'_>,
    declared: &'static Declared,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    let unit = declared.unit.map(|unit| Unit::Other(unit.to_owned()));
    let (name, help) = (declared.stem(), declared.help);
    let kind = metric.metric_type();
    metric.encode(encoder.encode_descriptor(name, help, unit.as_ref(), kind)?)
}

/// The second figure of `/proc/self/statm` counts pages.
fn resident_bytes() -> Option<i64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(i64::try_from(rustix::param::page_size()).ok()?)
}

/// The 14th and 15th figures of `/proc/self/stat` count ticks of the clock, in user's and in system's
/// time. The second one is the program's name, in parentheses, and may hold anything.
fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let mut after = text.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || after.next()?.parse::<u32>().ok().map(f64::from);
    let (user, system) = (ticks()?, ticks()?);
    let hertz = u32::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    Some((user + system) / f64::from(hertz))
}
