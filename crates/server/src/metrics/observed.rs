//! What the crates tell, as counts.

use gathering_api::RequestSeen;
use gathering_domain::{EffectKind, Timestamp};
use gathering_llm_providers::ProviderKind;
use gathering_storage::{Flushed, LogObserver};
use gathering_worker::{AttemptSeen, ModelCallSeen};
use tracing::Span;

use super::{Metrics, declared as d, labels};
use crate::telemetry::traces;

impl gathering_api::Observer for Metrics {
    fn began(&self, span: &Span, parent: Option<&str>) {
        self.requests_in_flight.inc();
        if let Some(parent) = parent {
            traces::adopt(span, parent);
        }
    }

    fn ended(&self, request: &RequestSeen) {
        self.requests_in_flight.dec();
        let RequestSeen { route, method, status, code, took } = *request;
        let class = status.map_or("dropped", |status| class(status.as_u16()));
        self.requests
            .get_or_create(&labels(&d::REQUESTS, [route, method, class]))
            .observe(took.as_secs_f64());
        if let Some(code) = code {
            self.problems.get_or_create(&labels(&d::PROBLEMS, [route, code])).inc();
        }
        if let Some(outcome) = request.sign_in() {
            self.sign_ins.get_or_create(&labels(&d::SIGN_INS, [outcome])).inc();
        }
    }

    fn stream_opened(&self) {
        self.streams.inc();
    }

    fn stream_closed(&self) {
        self.streams.dec();
    }
}

impl gathering_worker::Observer for Metrics {
    fn effect(&self, attempt: &AttemptSeen) {
        let AttemptSeen { performer, kind, outcome, took } = *attempt;
        self.effects
            .get_or_create(&labels(&d::EFFECTS, [performer, word(kind), outcome]))
            .observe(took.as_secs_f64());
        if performer == "tool" {
            self.tool_calls.get_or_create(&labels(&d::TOOL_CALLS, [outcome])).inc();
        }
    }

    fn model_call(&self, call: &ModelCallSeen<'_>) {
        let provider = provider(call.provider);
        let outcome = if call.answered { "answered" } else { "failed" };
        self.model_calls
            .get_or_create(&labels(&d::MODEL_CALLS, [provider, outcome]))
            .observe(call.took.as_secs_f64());
        let tokens = &call.usage.tokens;
        for (direction, count) in [("input", tokens.input), ("output", tokens.output)] {
            if count > 0 {
                let labels = labels(&d::MODEL_TOKENS, [provider, direction]);
                self.model_tokens.get_or_create(&labels).inc_by(count);
            }
        }
        let cost = &call.usage.cost;
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let dollars = cost.known.0.max(0) as f64 / 1e6;
        self.model_cost.get_or_create(&labels(&d::MODEL_COST, [provider])).inc_by(dollars);
        if cost.unpriced_calls > 0 {
            let labels = labels(&d::MODEL_UNPRICED, [provider]);
            self.model_unpriced.get_or_create(&labels).inc_by(cost.unpriced_calls);
        }
    }

    fn removed(&self, kind: &'static str, count: u64) {
        self.removed.get_or_create(&labels(&d::REMOVED, [kind])).inc_by(count);
    }

    fn reconciled(&self, at: Timestamp) {
        self.reconciled.set(at.micros() / 1_000_000);
    }
}

impl LogObserver for Metrics {
    fn flushed(&self, flush: &Flushed) {
        let outcome = if flush.result.is_ok() { "written" } else { "failed" };
        self.flushes
            .get_or_create(&labels(&d::FLUSHES, [outcome]))
            .observe(flush.took.as_secs_f64());
        match &flush.result {
            Ok(changed) => {
                self.flush_appends.observe(count(flush.appends));
                self.flush_bytes.observe(count(flush.bytes));
                self.runs_started.inc_by(changed.started);
                for status in &changed.ended {
                    let labels = labels(&d::RUNS_ENDED, [status.as_str()]);
                    self.runs_ended.get_or_create(&labels).inc();
                }
                for waiting in &changed.parked {
                    let labels = labels(&d::RUN_WAITS, [waiting.as_str()]);
                    self.run_waits.get_or_create(&labels).inc();
                }
            }
            Err(error) => {
                self.store_errors.get_or_create(&labels(&d::STORE_ERRORS, [*error])).inc();
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
const fn count(number: usize) -> f64 {
    number as f64
}

const fn class(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

const fn word(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Pure => "pure",
        EffectKind::Idempotent => "idempotent",
        EffectKind::Reconcilable => "reconcilable",
        EffectKind::Unsafe => "unsafe",
    }
}

/// The provider's kind, if it is one; an adapter may call itself what it likes.
fn provider(kind: &str) -> &'static str {
    let known = ProviderKind::ALL.into_iter();
    known.map(ProviderKind::as_str).find(|known| *known == kind).unwrap_or("other")
}
