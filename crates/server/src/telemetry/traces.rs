//! Traces for OpenTelemetry: which spans become some, and the service that sends them.

mod parent;
mod queue;
mod receiver;
mod sampler;
mod send;

use std::sync::atomic::{AtomicU64, Ordering};

use gathering_config::{Config, sections::Telemetry};
use gathering_domain::IdSource as _;
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_sdk::{
    Resource,
    trace::{RandomIdGenerator, SdkTracer, SdkTracerProvider, SpanLimits},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Level, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

pub(crate) use parent::adopt;

use self::{queue::Queue, receiver::Receiver, sampler::KeepSome, send::Sending};
use crate::ambient::TimeOrderedIds;

/// The most attributes and links of a span. Ours have fewer; events of a span are not sent.
const SPAN_LIMITS: SpanLimits = SpanLimits {
    max_events_per_span: 0,
    max_attributes_per_span: 64,
    max_links_per_span: 16,
    max_attributes_per_event: 0,
    max_attributes_per_link: 0,
};

static SENT: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Spans since the process began: taken by the receiver, given up because it did not take them, and
/// dropped because too many were waiting.
pub(crate) fn counts() -> [u64; 3] {
    [&SENT, &FAILED, &DROPPED].map(|count| count.load(Ordering::Relaxed))
}

/// Makes traces, and sends them as long as it lives.
pub(crate) struct Traces {
    tracer: SdkTracer,
    /// Keeps the tracer's spans coming.
    _provider: SdkTracerProvider,
    sending: JoinSet<()>,
    stop: CancellationToken,
}

impl Traces {
    /// Begins to send, if the configuration names a receiver.
    pub(crate) fn begin(config: &Config) -> anyhow::Result<Option<Self>> {
        let telemetry = &config.telemetry;
        let Some(endpoint) = &telemetry.otlp_endpoint else { return Ok(None) };
        let resource = resource(telemetry);
        let receiver =
            Receiver::new(endpoint.as_str(), telemetry.otlp_headers.as_ref(), &resource)?;
        let (queue, spans) = Queue::new();
        // Each setting is given here, because what is not given the kit takes from variables of its
        // own, and only `config` reads the environment.
        let provider = SdkTracerProvider::builder()
            .with_span_processor(queue)
            .with_sampler(KeepSome::new(telemetry.sample_ratio.get()))
            .with_id_generator(RandomIdGenerator::default())
            .with_span_limits(SPAN_LIMITS)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("gathering");
        let stop = CancellationToken::new();
        let mut sending = JoinSet::new();
        sending.spawn(Sending { receiver, spans }.run(stop.clone()));
        Ok(Some(Self { tracer, _provider: provider, sending, stop }))
    }

    /// What makes spans out of ours. Those at `info`, without their events: these are in the log.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.tracer.clone())
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_context_activation(false)
            .with_filter(filter_fn(|metadata| {
                metadata.is_span()
                    && *metadata.level() <= Level::INFO
                    && metadata.target().starts_with("gathering")
            }))
    }

    /// Sends what is waiting, within a bound, and ends.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        while self.sending.join_next().await.is_some() {}
    }
}

/// Who sends.
fn resource(telemetry: &Telemetry) -> Resource {
    let instance = TimeOrderedIds.next_uuid().to_string();
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", telemetry.service_name.as_str().to_owned()),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", instance),
        ])
        .build()
}
