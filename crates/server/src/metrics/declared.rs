//! Every figure there is, by name.

use std::fmt::Write as _;

/// A figure, as it is declared.
#[derive(Debug)]
pub(crate) struct Declared {
    /// Its name, without what its kind adds.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Its unit, with which the name ends.
    pub(crate) unit: Option<&'static str>,
    pub(crate) labels: &'static [&'static str],
    /// A sentence.
    pub(crate) help: &'static str,
}

/// What kind of figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How values are spread over these buckets.
    Histogram(&'static [f64]),
    /// Says something in its labels; its value is 1.
    Info,
}

/// Seconds of what takes milliseconds, as a rule.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Seconds of what may take minutes.
const LONG_SECONDS: &[f64] =
    &[0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];
/// How many, up to the most appends of a flush.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// Bytes, from a small append to the most of a flush.
const BYTES: &[f64] = &[1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 8_388_608.0];

macro_rules! declare {
    ($($NAME:ident $name:literal $kind:ident $(($buckets:ident))? $(in $unit:literal)?
        [$($label:literal),*] $help:literal;)*) => {
        $( pub(super) static $NAME: Declared = Declared {
            name: $name,
            kind: Kind::$kind $(($buckets))?,
            unit: declare!(@option $($unit)?),
            labels: &[$($label),*],
            help: $help,
        }; )*

        /// All of them, in the order of the page.
        pub(super) static ALL: &[&Declared] = &[$(&$NAME),*];
    };
    (@option) => { None };
    (@option $value:literal) => { Some($value) };
}

declare! {
    REQUESTS "gathering_http_request_duration_seconds" Histogram(SECONDS) in "seconds"
        ["route", "method", "status"]
        "Time until the head of an answer was there, by the route (`other` for what is none), the method and the class of the status (`2xx`; `dropped` if the client left first).";
    REQUESTS_IN_FLIGHT "gathering_http_requests_in_flight" Gauge []
        "Requests that wait for their answer.";
    PROBLEMS "gathering_http_problems" Counter ["route", "code"]
        "Refusals and failures, by the code that clients are told; `too_many_requests` and `overloaded` among them.";
    STREAMS "gathering_http_streams" Gauge []
        "Event streams that are open.";
    SIGN_INS "gathering_sign_ins" Counter ["outcome"]
        "Tries to sign in: `succeeded`, or the code of the refusal.";
    PASSWORDS_QUEUED "gathering_passwords_queued" Gauge []
        "Passwords that are hashed or checked now, or wait for it.";

    RUNS_STARTED "gathering_runs_started" Counter []
        "Runs that came into being here, child runs among them, once the disk had them.";
    RUNS_ENDED "gathering_runs_ended" Counter ["status"]
        "Runs that ended here, once the disk had it.";
    RUN_WAITS "gathering_run_waits" Counter ["for"]
        "How often a run began to wait here, and for what.";
    RUNS_DRIVEN "gathering_runs_driven" Gauge []
        "Runs that this instance works on now.";
    RUNS_PLACES "gathering_runs_places" Gauge []
        "Runs that this instance may work on at the same time (`worker.max_concurrent_runs`).";
    RUNS_DUE "gathering_runs_due" Gauge []
        "Runs that no instance has taken and that could go on, over all instances; counted up to 10,000 for those within limits of keys and for the others.";

    EFFECTS "gathering_effect_duration_seconds" Histogram(LONG_SECONDS) in "seconds"
        ["performer", "kind", "outcome"]
        "Attempts of effects, by who performed it, what repeating it means, and how it ended: `succeeded`, `failed`, `retryable`, `unknown`, `postponed`, `dropped`.";
    MODEL_CALLS "gathering_model_call_duration_seconds" Histogram(LONG_SECONDS) in "seconds"
        ["provider", "outcome"]
        "Calls of models, by the kind of the provider, `answered` or `failed`.";
    MODEL_TOKENS "gathering_model_tokens" Counter ["provider", "direction"]
        "Tokens, `input` or `output`, as the provider counts them.";
    MODEL_COST "gathering_model_cost_usd" Counter in "usd" ["provider"]
        "Dollars spent on models, as far as prices are known.";
    MODEL_UNPRICED "gathering_model_unpriced_calls" Counter ["provider"]
        "Calls of models whose price is not known.";
    TOOL_CALLS "gathering_tool_calls" Counter ["outcome"]
        "Calls of tools by runs, by the outcomes of effects.";
    BREAKERS "gathering_breakers" Gauge ["state"]
        "Circuit breakers of this instance that are not as new, by state.";

    FLUSHES "gathering_log_flush_duration_seconds" Histogram(SECONDS) in "seconds" ["outcome"]
        "Transactions of the log: `written`, or `failed`.";
    FLUSH_APPENDS "gathering_log_flush_appends" Histogram(COUNTS) []
        "Appends that shared a transaction.";
    FLUSH_BYTES "gathering_log_flush_bytes" Histogram(BYTES) in "bytes" []
        "Bytes of a transaction's appends.";
    STORE_ERRORS "gathering_store_errors" Counter ["error"]
        "Transactions of the log that failed: `busy`, `unavailable`, `lost`, `fatal`, `fenced`, `closed`, `other`; `refused` means that somebody lost a race.";
    STORE_UP "gathering_store_up" Gauge []
        "1 if the database answers and takes writes, else 0.";
    STORE_BYTES "gathering_store_size_bytes" Gauge in "bytes" []
        "Bytes that the database takes on disk.";
    REMOVED "gathering_retention_removed" Counter ["kind"]
        "Old things that this instance removed: `run`, `payload`, `log_partition`, `log_row`, `fire`, `delivery`, `idempotency_key`, `instance`.";
    RECONCILED "gathering_retention_last_success_seconds" Gauge in "seconds" []
        "When this instance had last removed all that was old, in seconds since 1970; 0 if it has not since its start. One instance at a time does so.";
    AUDIT_WENT_BACK "gathering_audit_went_back" Gauge []
        "1 if the store was found to hold less of the audit trail than it did, since the start; else 0. The trail is not signed any more then.";
    LOG_BEHIND "gathering_log_behind_rows" Gauge ["cursor"]
        "Rows of the log that nobody has dealt with yet for all `webhooks`, and for all `triggers`, over all instances.";

    CERTIFICATE_ENDS "gathering_tls_certificate_expiry_seconds" Gauge in "seconds" []
        "When the certificate that this server encrypts with expires, in seconds since 1970: the first of its chain to do so. Absent where there is none.";
    LOG_LOST "gathering_log_lines_lost" Counter []
        "Lines of the server's own log that were lost because whoever reads standard error did not.";
    SPANS_SENT "gathering_trace_spans_sent" Counter []
        "Spans that the receiver of traces has taken.";
    SPANS_FAILED "gathering_trace_spans_failed" Counter []
        "Spans that were given up because the receiver of traces did not take them.";
    SPANS_DROPPED "gathering_trace_spans_dropped" Counter []
        "Spans that were dropped because too many waited to be sent.";
    MEMORY "process_resident_memory_bytes" Gauge in "bytes" []
        "Memory of the process (Linux only, like the next three).";
    CPU "process_cpu_seconds" Counter in "seconds" []
        "Processor time of the process.";
    OPEN_FILES "process_open_fds" Gauge []
        "Files and sockets that the process has open.";
    MOST_FILES "process_max_fds" Gauge []
        "Files and sockets that the process may have open.";
    STARTED "process_start_time_seconds" Gauge in "seconds" []
        "When the process began, in seconds since 1970.";
    BUILD "gathering_build" Info ["version"]
        "The program's version.";
}

impl Declared {
    /// The name without the unit at its end.
    pub(super) fn stem(&self) -> &'static str {
        let ending = self.unit.and_then(|unit| self.name.strip_suffix(unit));
        ending.map_or(self.name, |stem| stem.trim_end_matches('_'))
    }

    /// The name as it is scraped.
    pub(super) fn scraped(&self) -> String {
        match self.kind {
            Kind::Counter => format!("{}_total", self.name),
            Kind::Info => format!("{}_info", self.name),
            Kind::Gauge | Kind::Histogram(_) => self.name.to_owned(),
        }
    }

    pub(super) const fn buckets(&self) -> &'static [f64] {
        match self.kind {
            Kind::Histogram(buckets) => buckets,
            Kind::Counter | Kind::Gauge | Kind::Info => &[],
        }
    }
}

/// The page of the reference.
pub(super) fn page() -> String {
    let mut page = "# Metrics\n\n\
         <!-- Generated by `cargo xtask generate`; edit the code, not this page. -->\n\n\
         What `/metrics` shows, in the format of OpenMetrics. How to have it scraped stands in \
         [Observability](../operating/observability.md). Every figure is that of one instance since its \
         start, unless it says otherwise. A histogram `x` has the series `x_bucket`, `x_sum` and \
         `x_count`. Labels are words out of short lists; no series holds an id, a path or a name that \
         somebody chose.\n\n\
         | Name | Kind | Labels | Meaning |\n|---|---|---|---|\n"
        .to_owned();
    for declared in ALL {
        let labels: Vec<_> = declared.labels.iter().map(|label| format!("`{label}`")).collect();
        let (kind, labels, help) = (declared.kind.word(), labels.join(", "), declared.help);
        let _ = writeln!(page, "| `{}` | {kind} | {labels} | {help} |", declared.scraped());
    }
    page
}
