//! Model calls: the configured providers' adapters, and previews of what they say.

mod chain;

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_agents::ModelCall;
use gathering_app::{App, events::Speech};
use gathering_domain::Failure;
use gathering_engine::EffectOrder;
use gathering_llm::{ModelEvent, Prices};

use self::chain::Chain;
use crate::{
    breaker::Breakers,
    observer::Observer,
    performer::{Attempted, Performer, RunContext},
};

/// Calls models.
pub(super) struct ModelPerformer {
    pub(super) app: App,
    pub(super) prices: Arc<Prices>,
    pub(super) breakers: Breakers,
    pub(super) observer: Arc<dyn Observer>,
}

impl Performer for ModelPerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let (app, prices, breakers) =
            (self.app.clone(), Arc::clone(&self.prices), self.breakers.clone());
        let observer = Arc::clone(&self.observer);
        Box::pin(async move {
            let call: ModelCall = match serde_json::from_value(order.effect.input.as_ref().clone())
            {
                Ok(call) => call,
                Err(fault) => {
                    return Attempted::failed(Failure::fatal("invalid_input", fault.to_string()));
                }
            };
            let project_id = run.project_id;
            let adapter_of = |provider: String| {
                let app = app.clone();
                async move { app.providers().adapter(project_id, &provider).await }
            };
            let ids = (run.run_id, run.root_run_id);
            let key = order.effect.key.clone();
            let speech = app.previews().speech(project_id, ids, key, order.attempt);
            let mut watch = |event: &ModelEvent| show(&speech, event);
            let timeout = order.effect.timeout;
            let observer = observer.as_ref();
            let breakers = &breakers;
            let chain = Chain { prices: &prices, breakers, project_id, timeout, observer };
            chain.ask(&call, adapter_of, &mut watch).await
        })
    }
}

/// Shows what the model says to whoever looks.
fn show(speech: &Speech, event: &ModelEvent) {
    match event {
        ModelEvent::TextDelta { text } => speech.say(text, false),
        ModelEvent::ReasoningDelta { text, .. } => speech.say(text, true),
        _ => {}
    }
}
