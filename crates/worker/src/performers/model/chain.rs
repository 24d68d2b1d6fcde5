//! A chain of models: the first whose breaker is closed and that answers, and what all tried used.

use std::{future::Future, sync::Arc};

use gathering_agents::ModelCall;
use gathering_domain::{Advice, Duration, Failure, ProjectId, TokenUsage, Usage};
use gathering_engine::Payload;
use gathering_llm::{
    Charge, ModelError, ModelEvent, ModelProvider, ModelRef, ModelReply, Prices, complete_watched,
};

use tokio::time::Instant;
use tracing::Instrument as _;

use crate::{
    breaker::Breakers,
    observer::{ModelCallSeen, Observer},
    performer::Attempted,
};

/// One attempt, over all models of its call.
pub(super) struct Chain<'a> {
    pub(super) prices: &'a Prices,
    pub(super) breakers: &'a Breakers,
    /// Whose run it is.
    pub(super) project_id: ProjectId,
    /// How long the attempt may take.
    pub(super) timeout: Duration,
    pub(super) observer: &'a dyn Observer,
}

/// How one model of the chain did, and what that used.
enum Tried {
    Answered(Box<ModelReply>, Usage),
    Failed(ModelError, Usage),
    /// Its breaker is open for this long.
    Open(Duration),
}

/// Who is shown each piece of an answer.
type Watch<'a> = &'a mut (dyn FnMut(&ModelEvent) + Send);

impl Chain<'_> {
    /// Asks one model after the other. A model that failed on the way may be charged for as well.
    pub(super) async fn ask<A, F>(
        &self,
        call: &ModelCall,
        adapter_of: A,
        watch: Watch<'_>,
    ) -> Attempted
    where
        A: Fn(String) -> F + Send,
        F: Future<Output = Result<Arc<dyn ModelProvider>, ModelError>> + Send,
    {
        let mut used = Usage::default();
        let (mut last, mut shortest) = (None, None);
        for model in &call.models {
            let tried = match adapter_of(model.provider().to_owned()).await {
                Ok(adapter) => self.ask_one(adapter.as_ref(), model, call, watch).await,
                Err(error) => Tried::Failed(error, Usage::default()),
            };
            match tried {
                Tried::Answered(reply, usage) => {
                    used += usage;
                    return answered(&reply, used);
                }
                Tried::Failed(error, usage) => {
                    used += usage;
                    if !error.kind.may_fall_back() {
                        return failed(error, used);
                    }
                    last = Some(error);
                }
                Tried::Open(wait) => {
                    shortest = Some(shortest.map_or(wait, |other: Duration| other.min(wait)));
                }
            }
        }
        match (last.map(Failure::from), shortest) {
            // That one will never answer, but another one may later.
            (Some(error), Some(after)) if error.advice == Advice::Fail => {
                let why = format!(
                    "the circuit breakers of the other models of the agent are open ({})",
                    error.message
                );
                postponed(after, why, used)
            }
            (Some(error), _) => Attempted::Ended { result: Err(error), usage: used },
            (None, Some(after)) => {
                let why = "the circuit breaker of every model of the agent is open".to_owned();
                postponed(after, why, used)
            }
            (None, None) => {
                Attempted::failed(Failure::fatal("no_model", "the agent names no model"))
            }
        }
    }

    async fn ask_one(
        &self,
        adapter: &dyn ModelProvider,
        model: &ModelRef,
        call: &ModelCall,
        watch: Watch<'_>,
    ) -> Tried {
        let leave = match self.breakers.ask(self.project_id, &format!("model:{model}")) {
            Ok(leave) => leave.within(self.timeout),
            Err(wait) => return Tried::Open(wait),
        };
        let mut request = call.request.clone();
        model.model().clone_into(&mut request.model);
        let begun = Instant::now();
        let span = span(adapter.kind(), model);
        let asked = complete_watched(adapter, request, watch);
        let answer = asked.instrument(span.clone()).await;
        let took = begun.elapsed();
        let tell = |answered, usage: Usage| {
            span.record("gen_ai.usage.input_tokens", usage.tokens.input);
            span.record("gen_ai.usage.output_tokens", usage.tokens.output);
            let provider = adapter.kind();
            self.observer.model_call(&ModelCallSeen { provider, answered, usage, took });
        };
        match answer {
            Ok(reply) => {
                leave.worked();
                let tokens = reply.usage_known.then_some(&reply.usage);
                let usage = self.usage(adapter.kind(), model, tokens);
                tell(true, usage);
                Tried::Answered(Box::new(reply), usage)
            }
            Err(error) => {
                span.record("error.type", error.kind.code());
                span.record("otel.status_code", "ERROR");
                if error.kind.counts_against_target() {
                    leave.failed();
                } else if !error.kind.never_left() {
                    leave.worked();
                }
                let usage = match &error.charge {
                    Charge::Nothing => Usage::default(),
                    Charge::Tokens(tokens) => self.usage(adapter.kind(), model, Some(tokens)),
                    Charge::Unknown => self.usage(adapter.kind(), model, None),
                };
                tell(false, usage);
                Tried::Failed(error, usage)
            }
        }
    }

    /// What a call used. Where nobody can say, it counts as one without a known price, and so all
    /// that was reserved stays spent.
    fn usage(&self, kind: &str, model: &ModelRef, tokens: Option<&TokenUsage>) -> Usage {
        let cost = self.prices.cost_of(kind, model.model(), tokens);
        let tokens = tokens.copied().unwrap_or_default();
        Usage { tokens, cost, model_calls: 1, tool_calls: 0 }
    }
}

/// The span of a call, by the conventions of OpenTelemetry for generative models. What is said to a
/// model, and what it says, stays out.
fn span(kind: &str, model: &ModelRef) -> tracing::Span {
    tracing::info_span!(
        "worker.model_call",
        otel.name = format_args!("chat {}", model.model()),
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider_name(kind),
        gen_ai.request.model = model.model(),
        gen_ai.usage.input_tokens = tracing::field::Empty,
        gen_ai.usage.output_tokens = tracing::field::Empty,
        error.type = tracing::field::Empty,
    )
}

/// The conventions' name of a provider, where they have one.
fn provider_name(kind: &str) -> &str {
    match kind {
        "google" => "gcp.gemini",
        "mistral" => "mistral_ai",
        kind => kind,
    }
}

/// Tells to come back when a breaker may be closed. An attempt that used something has taken place.
fn postponed(after: Duration, why: String, used: Usage) -> Attempted {
    let error = Failure::retryable("breaker_open", why, Some(after));
    if used.is_zero() {
        return Attempted::Postponed { after, error };
    }
    Attempted::Ended { result: Err(error), usage: used }
}

fn failed(error: ModelError, usage: Usage) -> Attempted {
    Attempted::Ended { result: Err(error.into()), usage }
}

fn answered(reply: &ModelReply, usage: Usage) -> Attempted {
    let result = serde_json::to_value(reply)
        .map(Payload::new)
        .map_err(|fault| Failure::fatal("unreadable_answer", fault.to_string()));
    Attempted::Ended { result, usage }
}

#[cfg(test)]
mod tests;
