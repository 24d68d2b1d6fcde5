//! Messages to people: over a channel of the project, as whoever started the run.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{App, channels::Notice};
use gathering_domain::Failure;
use gathering_engine::EffectOrder;
use serde::Deserialize;
use serde_json::{Value, json};

use super::allowed;
use crate::performer::{Attempted, Performer, RunContext};

/// Sends messages.
pub(super) struct NotifyPerformer {
    pub(super) app: App,
}

/// What `notify` actions ask for. A template that is one expression keeps the value's type.
#[derive(Deserialize)]
struct Input {
    channel: String,
    title: Value,
    text: Value,
    data: Value,
}

impl Performer for NotifyPerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let app = self.app.clone();
        Box::pin(async move {
            let caller = match allowed::starter(&app, &run).await {
                Ok(caller) => caller,
                Err(error) => return allowed::refused(error),
            };
            let Input { channel, title, text, data } =
                match Input::deserialize(order.effect.input.as_ref()) {
                    Ok(input) => input,
                    Err(fault) => {
                        let fault = Failure::fatal("invalid_input", fault.to_string());
                        return Attempted::failed(fault);
                    }
                };
            let (title, text) = (words(title), words(text));
            let notice = Notice { channel, title, text, data, kind: order.effect.kind };
            let (id, timeout) = ((order.effect_id, run.run_id), order.effect.timeout);
            match app.channels().notify(&caller, &notice, id, timeout).await {
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

/// A value as text.
fn words(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    }
}
