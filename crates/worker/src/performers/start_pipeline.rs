//! Starts of pipelines that nobody waits for: through the use case that people use.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{
    App,
    runs::{Runnable, StartRun, Trigger},
};
use gathering_domain::Failure;
use gathering_engine::{EffectOrder, Limits};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::performer::{Attempted, Performer, RunContext};

/// Starts pipelines.
pub(super) struct StartPipelinePerformer {
    pub(super) app: App,
}

#[derive(Deserialize)]
struct Input {
    pipeline: String,
    input: Value,
}

impl Performer for StartPipelinePerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let app = self.app.clone();
        Box::pin(async move {
            let input = match Input::deserialize(order.effect.input.as_ref()) {
                Ok(input) => input,
                Err(fault) => {
                    return Attempted::failed(Failure::fatal("invalid_input", fault.to_string()));
                }
            };
            let start = StartRun {
                what: Runnable::PipelineNamed(input.pipeline),
                input: input.input,
                trigger: Trigger::Run,
                // A repeated attempt finds the run that the first one started.
                idempotency_key: Some(order.effect_id.to_string()),
                model: None,
                limits: Limits::default(),
                priority: None,
            };
            let caller = match super::caller(&app, &run).await {
                Ok(caller) => caller,
                Err(failure) => return Attempted::failed(failure),
            };
            match app.runs().start_below(&caller, start, order.lineage).await {
                Ok(started) => Attempted::output(json!({ "run_id": started.run.id })),
                Err(error) => Attempted::failed(super::failure(&error)),
            }
        })
    }
}
