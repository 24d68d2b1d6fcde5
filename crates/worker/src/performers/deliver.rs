//! Events sent to webhooks: one attempt each, as whoever the webhook acts for.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{
    App,
    webhooks::{DeliveryOrder, Tried},
};
use gathering_domain::{DeliveryId, Failure, WebhookId};
use gathering_engine::EffectOrder;
use serde::Deserialize;
use serde_json::Value;

use super::allowed;
use crate::performer::{Attempted, Performer, RunContext};

/// Sends events.
pub(super) struct DeliverPerformer {
    pub(super) app: App,
}

/// What the machine of a delivery asks for.
#[derive(Deserialize)]
struct Input {
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    payload: Value,
}

impl Performer for DeliverPerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let app = self.app.clone();
        Box::pin(async move {
            let caller = match super::caller(&app, &run).await {
                Ok(caller) => caller,
                Err(error) => return allowed::refused(error),
            };
            let Input { webhook_id, delivery_id, payload } =
                match Input::deserialize(order.effect.input.as_ref()) {
                    Ok(input) => input,
                    Err(fault) => {
                        let fault = Failure::fatal("invalid_input", fault.to_string());
                        return Attempted::failed(fault);
                    }
                };
            let last = order.attempt >= order.effect.retry.attempts;
            let of = (DeliveryOrder { webhook_id, delivery_id }, run.run_id);
            match app.webhooks().attempt(&caller, of, &payload, last).await {
                Ok(Tried::Again(failure)) => Attempted::failed(failure),
                Ok(Tried::Ended(delivered)) => match serde_json::to_value(delivered) {
                    Ok(output) => Attempted::output(output),
                    Err(fault) => {
                        Attempted::failed(Failure::fatal("unreadable_answer", fault.to_string()))
                    }
                },
                // The receiver knows a message by its id, so that one more does no harm.
                Err(error) => allowed::refused(super::failure(&error)),
            }
        })
    }
}
