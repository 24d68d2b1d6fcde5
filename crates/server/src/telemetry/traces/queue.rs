//! Ended spans that wait to be sent: never more than so many, and nobody waits for a place.

use std::{sync::atomic::Ordering, time::Duration};

use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::DROPPED;

/// Spans that may wait; with some 2 KiB each that is 8 MiB at most.
const SPANS: usize = 4_096;

/// Takes ended spans. One that finds no place is dropped, and counted.
#[derive(Debug)]
pub(super) struct Queue(Sender<SpanData>);

impl Queue {
    pub(super) fn new() -> (Self, Receiver<SpanData>) {
        let (sender, receiver) = channel(SPANS);
        (Self(sender), receiver)
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        // What was not chosen for keeping comes here, too.
        if span.span_context.is_sampled() && self.0.try_send(span).is_err() {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

    use super::*;

    #[test]
    fn spans_that_nobody_sends_take_no_more_than_their_places() {
        let (queue, mut spans) = Queue::new();
        let provider =
            SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).with_span_processor(queue);
        let tracer = provider.build().tracer("test");
        let before = DROPPED.load(Ordering::Relaxed);
        for _ in 0..SPANS + 7 {
            tracer.start("x").end();
        }
        assert_eq!((spans.len(), DROPPED.load(Ordering::Relaxed) - before), (SPANS, 7));
        assert!(spans.try_recv().is_ok());
        tracer.start("x").end();
        assert_eq!((spans.len(), DROPPED.load(Ordering::Relaxed) - before), (SPANS, 7));
    }
}
