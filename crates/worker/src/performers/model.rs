//! Model calls: the first model of the chain whose breaker is closed and that answers.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_agents::ModelCall;
use gathering_app::{App, events::Preview};
use gathering_domain::{Duration, Failure, Usage};
use gathering_engine::{EffectOrder, Payload};
use gathering_llm::{
    ModelError, ModelEvent, ModelProvider, ModelRef, ModelReply, Prices, complete_watched,
};

use crate::{
    breaker::Breakers,
    performer::{Attempted, Performer, RunContext},
};

/// Calls models.
pub(super) struct ModelPerformer {
    pub(super) app: App,
    pub(super) prices: Arc<Prices>,
    pub(super) breakers: Breakers,
}

/// One attempt, over all models of its chain.
struct Call {
    app: App,
    prices: Arc<Prices>,
    breakers: Breakers,
    order: EffectOrder,
    run: Arc<RunContext>,
}

/// How one model of the chain did.
enum Tried {
    Answered(Box<ModelReply>, Usage),
    Failed(ModelError),
    /// Its breaker is open for this long.
    Open(Duration),
}

impl Performer for ModelPerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let (app, prices, breakers) =
            (self.app.clone(), Arc::clone(&self.prices), self.breakers.clone());
        Box::pin(Call { app, prices, breakers, order, run }.run())
    }
}

impl Call {
    async fn run(self) -> Attempted {
        let call: ModelCall = match serde_json::from_value(self.order.effect.input.as_ref().clone())
        {
            Ok(call) => call,
            Err(fault) => {
                return Attempted::failed(Failure::fatal("invalid_input", fault.to_string()));
            }
        };
        let (mut last, mut shortest) = (None, None);
        for model in &call.models {
            match self.try_model(model, &call).await {
                Tried::Answered(reply, usage) => return answered(&reply, usage),
                Tried::Failed(error) if error.kind.may_fall_back() => last = Some(error),
                Tried::Failed(error) => return Attempted::failed(error.into()),
                Tried::Open(wait) => {
                    shortest = Some(shortest.map_or(wait, |other: Duration| other.min(wait)));
                }
            }
        }
        match (last, shortest) {
            (Some(error), _) => Attempted::failed(error.into()),
            (None, Some(after)) => {
                let why = "the circuit breaker of every model of the agent is open";
                Attempted::Postponed {
                    after,
                    error: Failure::retryable("breaker_open", why, Some(after)),
                }
            }
            (None, None) => {
                Attempted::failed(Failure::fatal("no_model", "the agent names no model"))
            }
        }
    }

    async fn try_model(&self, model: &ModelRef, call: &ModelCall) -> Tried {
        let adapter =
            match self.app.providers().adapter(self.run.project_id, model.provider()).await {
                Ok(adapter) => adapter,
                Err(error) => return Tried::Failed(error),
            };
        let leave = match self.breakers.ask(&format!("model:{model}")) {
            Ok(leave) => leave.within(self.order.effect.timeout),
            Err(wait) => return Tried::Open(wait),
        };
        let mut request = call.request.clone();
        model.model().clone_into(&mut request.model);
        let mut watch = |event: &ModelEvent| self.show(event);
        match complete_watched(adapter.as_ref(), request, &mut watch).await {
            Ok(reply) => {
                leave.worked();
                let usage = self.usage(adapter.as_ref(), model, &reply);
                Tried::Answered(Box::new(reply), usage)
            }
            Err(error) => {
                if error.kind.counts_against_target() {
                    leave.failed();
                } else {
                    leave.worked();
                }
                Tried::Failed(error)
            }
        }
    }

    fn usage(&self, adapter: &dyn ModelProvider, model: &ModelRef, reply: &ModelReply) -> Usage {
        let cost = self.prices.cost(adapter.kind(), model.model(), &reply.usage);
        Usage { tokens: reply.usage, cost, model_calls: 1, tool_calls: 0 }
    }

    /// Shows a piece of the answer to whoever looks.
    fn show(&self, event: &ModelEvent) {
        let (text, reasoning) = match event {
            ModelEvent::TextDelta { text } => (text, false),
            ModelEvent::ReasoningDelta { text, .. } => (text, true),
            _ => return,
        };
        let previews = self.app.previews();
        if previews.watched() {
            previews.show(Preview {
                project_id: self.run.project_id,
                run_id: self.run.run_id,
                root_id: self.run.root_run_id,
                key: self.order.effect.key.clone(),
                attempt: self.order.attempt,
                text: text.clone(),
                reasoning,
            });
        }
    }
}

fn answered(reply: &ModelReply, usage: Usage) -> Attempted {
    match serde_json::to_value(reply) {
        Ok(output) => Attempted::Ended { result: Ok(Payload::new(output)), usage },
        Err(fault) => Attempted::Ended {
            result: Err(Failure::fatal("unreadable_answer", fault.to_string())),
            usage,
        },
    }
}
