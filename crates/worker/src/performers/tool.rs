//! Tool calls: through the one executor, as whoever started the run.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{
    App, Caller,
    tools::{Called, Consent, ToolCall},
};
use gathering_domain::{Failure, HostList, Usage};
use gathering_engine::{EffectOrder, Payload};
use gathering_tools::ToolOutput;
use serde::Deserialize;
use serde_json::Value;

use super::ended;
use crate::performer::{Attempted, Performer, RunContext};

/// Calls tools.
pub(super) struct ToolPerformer {
    pub(super) app: App,
}

/// What agents' turns and pipelines' tool nodes ask for.
#[derive(Deserialize)]
struct Input {
    tool: String,
    arguments: Value,
    /// Set by a turn: whether a person approved the call, or nobody needs to.
    #[serde(default)]
    approved: Option<bool>,
    /// Lists of hosts of whoever asks.
    #[serde(default)]
    hosts: Vec<HostList>,
}

impl Performer for ToolPerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let app = self.app.clone();
        Box::pin(async move {
            let (caller, call) = match prepared(&app, &order, &run).await {
                Ok(prepared) => prepared,
                Err(failure) => return Attempted::failed(failure),
            };
            let called = Called::by(&call, order.effect.kind);
            // This future is dropped where the call takes too long or the run is cancelled.
            if let Err(error) = app.call_begun(&caller, &called).await {
                return Attempted::failed(super::failure(&error));
            }
            let result = app.executor().call(&caller, call).await;
            // Before anything acts on the outcome.
            ended(&app, &caller, &called, result.as_ref().err()).await;
            let result = result.and_then(written);
            Attempted::Ended { result, usage: Usage { tool_calls: 1, ..Usage::default() } }
        })
    }

    fn reconcile(
        &self,
        order: EffectOrder,
        run: Arc<RunContext>,
    ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
        let app = self.app.clone();
        Box::pin(async move {
            let (caller, call) = prepared(&app, &order, &run).await?;
            let called = Called::by(&call, order.effect.kind);
            let happened = app.executor().reconcile(&caller, call).await?;
            if happened.is_some() {
                ended(&app, &caller, &called, None).await;
            }
            happened.map(written).transpose()
        })
    }
}

/// The call that an effect stands for, and who makes it.
async fn prepared(
    app: &App,
    order: &EffectOrder,
    run: &RunContext,
) -> Result<(Caller, ToolCall), Failure> {
    let input = Input::deserialize(order.effect.input.as_ref())
        .map_err(|fault| Failure::fatal("invalid_input", fault.to_string()))?;
    // A pipeline's author wrote the call down: that is their consent.
    let consent = if input.approved.unwrap_or(true) { Consent::Given } else { Consent::None };
    let call = ToolCall {
        tool: input.tool,
        arguments: input.arguments,
        effect_id: order.effect_id,
        run_id: Some(run.run_id),
        consent,
        timeout: Some(order.effect.timeout),
        hosts: input.hosts,
    };
    Ok((super::caller(app, run).await?, call))
}

fn written(output: ToolOutput) -> Result<Payload, Failure> {
    let output = serde_json::to_value(output);
    output.map(Payload::new).map_err(|fault| Failure::fatal("unreadable_answer", fault.to_string()))
}
