//! Events sent to webhooks, one attempt each, and what people are told of one that was disabled.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{
    App,
    channels::Notice,
    webhooks::{ActsFor, DeliveryOrder, Tried},
};
use gathering_domain::{DeliveryId, Failure, WebhookId};
use gathering_engine::EffectOrder;
use serde::Deserialize;
use serde_json::{Value, json};

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
            let RunContext { actor, api_key_id, project_id, .. } = *run;
            let by = ActsFor { actor, api_key_id, project_id };
            match app.webhooks().attempt(&by, of, &payload, last).await {
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

/// Tells that a webhook was disabled. That is the server's word, whoever wrote the webhook.
pub(super) struct DisabledPerformer {
    pub(super) app: App,
}

/// What the machine of a delivery asks for then.
#[derive(Deserialize)]
struct Disabled {
    webhook_id: WebhookId,
    channel: String,
    title: String,
    text: String,
}

impl Performer for DisabledPerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let app = self.app.clone();
        Box::pin(async move {
            let Disabled { webhook_id, channel, title, text } =
                match Disabled::deserialize(order.effect.input.as_ref()) {
                    Ok(input) => input,
                    Err(fault) => {
                        let fault = Failure::fatal("invalid_input", fault.to_string());
                        return Attempted::failed(fault);
                    }
                };
            let kind = order.effect.kind;
            let notice = Notice { channel, title, text, data: Value::Null, kind };
            let of = (run.project_id, webhook_id);
            let (ids, timeout) = ((order.effect_id, run.run_id), order.effect.timeout);
            match app.webhooks().tell_disabled(of, &notice, ids, timeout).await {
                Ok(sent) => Attempted::output(json!({
                    "channel_type": sent.channel_type,
                    "status": sent.status,
                    "answer": sent.answer,
                })),
                Err(failure) => Attempted::failed(failure),
            }
        })
    }
}
