//! The machine of a delivery: one event sent to one webhook until it is taken, and what follows if it is not.
//!
//! Pure, as all machines are: it decides, and performs nothing.

use gathering_domain::{DeliveryId, Duration, EffectKind, Failure, WebhookId};
use gathering_engine::{
    Decision, Effect, Entry, EntryBody, Facts, Key, Machine, Outcome, Payload, RetryPolicy,
    Settlement,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// When a delivery is tried again. The waits are drawn from zero up to a ceiling that begins at 10
/// seconds and grows fourfold to 6 hours: thirteen waits, about a day on average and two at most.
pub const SCHEDULE: RetryPolicy = RetryPolicy {
    attempts: 14,
    first_delay: Duration::from_secs(10),
    factor: 4.0,
    max_delay: Duration::from_secs(6 * 3600),
};

/// How long the receiver may take to answer one attempt.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long one attempt may take in all, so that it is the wait for the answer that ends it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(45);

/// The key of the sending.
const DELIVER: &str = "deliver";
/// The key of the event that tells of a webhook's end.
const DISABLED: &str = "disabled";
/// The key of the message to people about that.
const NOTICE: &str = "notice";

/// What a delivery is of: the definition of its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryOrder {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The delivery: the id that the receiver sees.
    pub delivery_id: DeliveryId,
}

/// How the sending ended: the output of its effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// The status of the last answer, if there was one.
    pub status: Option<u16>,
    /// Why it was not taken, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Whether that disabled the webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
}

/// Why a webhook was disabled, and whom to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disabled {
    /// Why, for people.
    pub reason: String,
    /// The message to send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeOrder>,
}

/// A message over a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeOrder {
    /// The channel's name.
    pub channel: String,
    /// What it means to repeat a message over it.
    pub kind: EffectKind,
    /// A line.
    pub title: String,
    /// The message.
    pub text: String,
}

/// Decides in the run of a delivery.
#[derive(Debug, Default)]
pub(crate) struct DeliveryMachine {
    order: Option<DeliveryOrder>,
    payload: Payload,
    ended: Option<Result<Delivered, Failure>>,
    told: bool,
    noticed: bool,
}

impl DeliveryMachine {
    /// The machine's name in the log.
    pub(crate) const NAME: &'static str = "delivery";
    /// The numbered behaviour that new runs get.
    pub(crate) const BEHAVIOUR: u32 = 1;

    /// What is wanted now.
    fn next(&self) -> Decision {
        match &self.ended {
            None => self.deliver(),
            Some(Err(error)) => Decision::Finish(Outcome::failed(error.clone())),
            Some(Ok(Delivered { error: None, status, .. })) => {
                let delivery_id = self.order.map(|order| order.delivery_id);
                let output = json!({ "delivery_id": delivery_id, "status": status });
                Decision::Finish(Outcome::succeeded(output))
            }
            Some(Ok(Delivered { error: Some(error), disabled, .. })) => {
                let tell = disabled.as_ref().and_then(|disabled| self.tell(disabled));
                tell.unwrap_or_else(|| Decision::Finish(Outcome::failed(error.clone())))
            }
        }
    }

    fn deliver(&self) -> Decision {
        let Some(order) = self.order else {
            let failure = Failure::fatal("invalid_input", "the run names no webhook");
            return Decision::Finish(Outcome::failed(failure));
        };
        let DeliveryOrder { webhook_id, delivery_id } = order;
        let payload = self.payload.as_ref();
        let input =
            json!({ "webhook_id": webhook_id, "delivery_id": delivery_id, "payload": payload });
        // The receiver knows an event by the delivery's id, however often it comes.
        Decision::Perform(effect(DELIVER, "deliver", input, EffectKind::Idempotent, SCHEDULE))
    }

    /// What is left to tell about a webhook that was disabled.
    fn tell(&self, disabled: &Disabled) -> Option<Decision> {
        if !self.told {
            let webhook_id = self.order.map(|order| order.webhook_id);
            let data = json!({ "webhook_id": webhook_id, "reason": disabled.reason });
            let (key, subject) = (Key::new(DISABLED), "webhook.disabled".to_owned());
            return Some(Decision::Emit { key, subject, data: Payload::new(data) });
        }
        let NoticeOrder { channel, kind, title, text } =
            disabled.notice.as_ref().filter(|_| !self.noticed)?;
        let webhook_id = self.order.map(|order| order.webhook_id);
        let input = json!({
            "webhook_id": webhook_id, "channel": channel, "title": title, "text": text,
        });
        let performer = "webhook_disabled";
        Some(Decision::Perform(effect(NOTICE, performer, input, *kind, RetryPolicy::default())))
    }
}

impl Machine for DeliveryMachine {
    fn apply(&mut self, entry: &Entry) {
        match &entry.body {
            EntryBody::RunStarted(started) => {
                self.order = DeliveryOrder::deserialize(started.definition.as_ref()).ok();
                self.payload = Payload::clone(&started.input);
            }
            EntryBody::EffectSettled(settled) if settled.key.as_str() == DELIVER => {
                self.ended = Some(match &settled.result {
                    Settlement::Output(output) => Delivered::deserialize(output.as_ref())
                        .map_err(|fault| Failure::fatal("unreadable_answer", fault.to_string())),
                    Settlement::Error(error) => Err(error.clone()),
                });
            }
            EntryBody::EffectSettled(settled) if settled.key.as_str() == NOTICE => {
                self.noticed = true;
            }
            EntryBody::EventEmitted(event) if event.key.as_str() == DISABLED => self.told = true,
            _ => {}
        }
    }

    fn decide(&mut self, _: &Facts<'_>) -> Vec<Decision> {
        vec![self.next()]
    }

    /// A retry sends again, and says nothing twice.
    fn carries(&self, key: &Key) -> bool {
        key.as_str() != DELIVER
    }
}

fn effect(
    key: &str,
    performer: &'static str,
    input: Value,
    kind: EffectKind,
    retry: RetryPolicy,
) -> Effect {
    Effect {
        key: Key::new(key),
        performer,
        input: Payload::new(input),
        kind,
        retry,
        timeout: ATTEMPT_TIMEOUT,
        reserve: None,
    }
}

#[cfg(test)]
mod tests;
