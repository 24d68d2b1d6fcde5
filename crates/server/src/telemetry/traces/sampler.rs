//! Which traces are kept.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt as _, TraceId},
};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, Sampler, SamplingResult, ShouldSample,
};

/// Keeps a share of traces, whole: a span goes with its parent in this process. Nothing that a client
/// says in its `traceparent` counts, neither the flag nor the trace's id, which it chooses as well:
/// anybody could have everything kept by it. So a request is drawn for itself. A run whose request is
/// kept is kept as well.
#[derive(Debug, Clone)]
pub(super) struct KeepSome(Sampler);

impl KeepSome {
    pub(super) const fn new(share: f64) -> Self {
        Self(Sampler::TraceIdRatioBased(share))
    }
}

impl ShouldSample for KeepSome {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let above = parent.map(|parent| parent.span().span_context().clone());
        let above = above.filter(|above| above.is_valid() && !above.is_remote());
        let sampler = match above {
            Some(above) if above.is_sampled() => &Sampler::AlwaysOn,
            Some(_) => &Sampler::AlwaysOff,
            None if links.iter().any(|link| link.span_context.is_sampled()) => &Sampler::AlwaysOn,
            None => {
                // An id of our own, drawn for this: only then is the share that of all requests.
                let drawn = RandomIdGenerator::default().new_trace_id();
                return self.0.should_sample(None, drawn, name, kind, attributes, links);
            }
        };
        sampler.should_sample(None, trace_id, name, kind, attributes, links)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};

    use opentelemetry_sdk::trace::SamplingDecision;

    use super::*;

    fn context(remote: bool, sampled: bool) -> SpanContext {
        let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        SpanContext::new(TraceId::from(7), SpanId::from(7), flags, remote, TraceState::default())
    }

    #[test]
    fn a_share_is_kept_and_what_belongs_together_stays_together() {
        let local = |sampled| Some(context(false, sampled));
        let remote = |sampled| Some(context(true, sampled));
        for (share, parent, link, kept) in [
            (1.0, None, None, true),
            (0.0, None, None, false),
            (0.0, local(true), None, true),
            (1.0, local(false), None, false),
            // A client's word does not count.
            (0.0, remote(true), None, false),
            (1.0, remote(false), None, true),
            (0.0, None, local(true), true),
            (0.0, None, local(false), false),
        ] {
            let parent = parent.map(|parent| Context::new().with_remote_span_context(parent));
            let links: Vec<_> = link.into_iter().map(Link::with_context).collect();
            let sampler = KeepSome::new(share);
            let kind = SpanKind::Internal;
            let result =
                sampler.should_sample(parent.as_ref(), TraceId::from(9), "x", &kind, &[], &links);
            let decision = result.decision == SamplingDecision::RecordAndSample;
            assert_eq!(decision, kept, "{share} {parent:?} {links:?}");
        }
    }

    #[test]
    fn no_trace_id_has_everything_kept_or_nothing() {
        let sampler = KeepSome::new(0.5);
        let parent = Context::new().with_remote_span_context(context(true, true));
        for id in [TraceId::from(1), TraceId::from(u128::MAX)] {
            let kept = |_: &u32| {
                let kind = SpanKind::Server;
                let result = sampler.should_sample(Some(&parent), id, "x", &kind, &[], &[]);
                result.decision == SamplingDecision::RecordAndSample
            };
            // All of 200 on one side come once in 2^199 times.
            let kept = (0..200).filter(kept).count();
            assert!((1..200).contains(&kept), "{id}: {kept}");
        }
    }
}
