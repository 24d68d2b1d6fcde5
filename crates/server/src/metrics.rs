//! The figures of the server: what is counted, and how it is written down.
//!
//! The only place that knows Prometheus. The crates that have something to tell know an observer of
//! their own ([`gathering_api::Observer`], [`gathering_worker::Observer`],
//! [`gathering_storage::LogObserver`]); [`Metrics`] is all of them. What is a state rather than an
//! event is looked up when somebody asks ([`Source`]).
//!
//! Each figure is declared once, in [`declared`]: the registry is made of that, and so is the page of
//! the reference. Labels are words out of short lists, so that their number is bounded whatever
//! clients and models do.

pub(crate) mod declared;
mod observed;
mod process;
mod source;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use gathering_domain::Timestamp;
use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter, family::Family, family::MetricConstructor, gauge::Gauge,
        histogram::Histogram, info::Info,
    },
    registry::{Registry, Unit},
};

use self::declared::{Declared, Kind};
pub(crate) use self::source::Source;

/// Labels of one series, in the order of their declaration.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// A histogram with the buckets of its declaration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Histograms<const N: usize> = Family<Labels<N>, Histogram, Buckets>;

/// Everything that is counted. Shared by all that count.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Mutex<Registry>,

    requests: Histograms<3>,
    requests_in_flight: Gauge,
    problems: Counters<2>,
    streams: Gauge,
    sign_ins: Counters<1>,

    runs_started: Counter,
    runs_ended: Counters<1>,
    run_waits: Counters<1>,
    runs_driven: Gauge,
    runs_places: Gauge,
    runs_due: Gauge,

    effects: Histograms<3>,
    model_calls: Histograms<2>,
    model_tokens: Counters<2>,
    model_cost: Family<Labels<1>, Counter<f64, std::sync::atomic::AtomicU64>>,
    model_unpriced: Counters<1>,
    tool_calls: Counters<1>,
    breakers: Family<Labels<1>, Gauge>,
    log_behind: Family<Labels<1>, Gauge>,

    flushes: Histograms<1>,
    flush_appends: Histogram,
    flush_bytes: Histogram,
    store_errors: Counters<1>,
    store_up: Gauge,
    store_bytes: Gauge,
    removed: Counters<1>,
    reconciled: Gauge,
    audit_went_back: Gauge,

    passwords_queued: Gauge,
    /// In seconds since 1970; 0 without a certificate.
    certificate_ends: Arc<AtomicI64>,
}

/// Puts figures into a registry, each under its declaration.
struct Making(Registry);

impl Making {
    fn add<M: prometheus_client::registry::Metric + Clone>(
        &mut self,
        declared: &'static Declared,
        metric: M,
    ) -> M {
        let help = declared.help.trim_end_matches('.');
        match declared.unit {
            Some(unit) => {
                let unit = Unit::Other(unit.to_owned());
                self.0.register_with_unit(declared.stem(), help, unit, metric.clone());
            }
            None => self.0.register(declared.name, help, metric.clone()),
        }
        metric
    }

    fn histograms<const N: usize>(&mut self, declared: &'static Declared) -> Histograms<N> {
        self.add(declared, Family::new_with_constructor(Buckets(declared.buckets())))
    }

    fn histogram(&mut self, declared: &'static Declared) -> Histogram {
        self.add(declared, Buckets(declared.buckets()).new_metric())
    }
}

impl Metrics {
    /// Nothing counted yet, in a process that begins now.
    pub(crate) fn new(now: Timestamp) -> Self {
        use declared as d;

        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let started_at = now.micros() as f64 / 1e6;
        let mut all = Making(Registry::default());
        let build = Info::new(vec![(d::BUILD.labels[0], env!("CARGO_PKG_VERSION"))]);
        all.0.register(d::BUILD.name, d::BUILD.help.trim_end_matches('.'), build);
        let certificate_ends = Arc::new(AtomicI64::new(0));
        let ends = Arc::clone(&certificate_ends);
        all.0.register_collector(Box::new(process::Process { started_at, certificate_ends: ends }));
        Self {
            requests: all.histograms(&d::REQUESTS),
            requests_in_flight: all.add(&d::REQUESTS_IN_FLIGHT, Gauge::default()),
            problems: all.add(&d::PROBLEMS, Family::default()),
            streams: all.add(&d::STREAMS, Gauge::default()),
            sign_ins: all.add(&d::SIGN_INS, Family::default()),
            runs_started: all.add(&d::RUNS_STARTED, Counter::default()),
            runs_ended: all.add(&d::RUNS_ENDED, Family::default()),
            run_waits: all.add(&d::RUN_WAITS, Family::default()),
            runs_driven: all.add(&d::RUNS_DRIVEN, Gauge::default()),
            runs_places: all.add(&d::RUNS_PLACES, Gauge::default()),
            runs_due: all.add(&d::RUNS_DUE, Gauge::default()),
            effects: all.histograms(&d::EFFECTS),
            model_calls: all.histograms(&d::MODEL_CALLS),
            model_tokens: all.add(&d::MODEL_TOKENS, Family::default()),
            model_cost: all.add(&d::MODEL_COST, Family::default()),
            model_unpriced: all.add(&d::MODEL_UNPRICED, Family::default()),
            tool_calls: all.add(&d::TOOL_CALLS, Family::default()),
            breakers: all.add(&d::BREAKERS, Family::default()),
            log_behind: all.add(&d::LOG_BEHIND, Family::default()),
            flushes: all.histograms(&d::FLUSHES),
            flush_appends: all.histogram(&d::FLUSH_APPENDS),
            flush_bytes: all.histogram(&d::FLUSH_BYTES),
            store_errors: all.add(&d::STORE_ERRORS, Family::default()),
            store_up: all.add(&d::STORE_UP, Gauge::default()),
            store_bytes: all.add(&d::STORE_BYTES, Gauge::default()),
            removed: all.add(&d::REMOVED, Family::default()),
            reconciled: all.add(&d::RECONCILED, Gauge::default()),
            audit_went_back: all.add(&d::AUDIT_WENT_BACK, Gauge::default()),
            passwords_queued: all.add(&d::PASSWORDS_QUEUED, Gauge::default()),
            certificate_ends,
            registry: Mutex::new(all.0),
        }
    }

    /// Connections are encrypted with a certificate that ends then.
    pub(crate) fn certificate_ends(&self, at: Option<Timestamp>) {
        let seconds = at.map_or(0, |at| at.micros() / 1_000_000);
        self.certificate_ends.store(seconds, Ordering::Relaxed);
    }

    /// All figures as OpenMetrics text.
    pub(crate) fn text(&self) -> String {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        encode(&mut text, &registry).expect("writing to a string does not fail");
        text
    }
}

/// `docs/reference/metrics.md`.
pub(crate) fn page() -> String {
    declared::page()
}

/// Labels with their values, as the declaration names them.
fn labels<const N: usize>(declared: &Declared, values: [&'static str; N]) -> Labels<N> {
    debug_assert_eq!(declared.labels.len(), N, "{}", declared.name);
    std::array::from_fn(|at| (declared.labels[at], values[at]))
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
            Self::Info => "info",
        }
    }
}

#[cfg(test)]
mod tests;
