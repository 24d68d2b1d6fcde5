//! The performers of a server: model calls, tool calls, HTTP requests, starts of pipelines.

mod http;
mod model;
mod start_pipeline;
mod tool;

use std::sync::Arc;

use gathering_app::{App, Caller};
use gathering_domain::{Actor, Role};
use gathering_egress::Egress;
use gathering_llm::Prices;

use crate::{
    breaker::Breakers,
    performer::{Performers, RunContext},
};

/// All performers, on one set of breakers.
pub fn performers(
    app: &App,
    egress: &Egress,
    prices: &Arc<Prices>,
    breakers: &Breakers,
) -> Performers {
    let model = model::ModelPerformer {
        app: app.clone(),
        prices: Arc::clone(prices),
        breakers: breakers.clone(),
    };
    let http = http::HttpPerformer { egress: egress.clone(), breakers: breakers.clone() };
    Performers::default()
        .with("model", Arc::new(model))
        .with("tool", Arc::new(tool::ToolPerformer { app: app.clone() }))
        .with("http", Arc::new(http))
        .with(
            "start_pipeline",
            Arc::new(start_pipeline::StartPipelinePerformer { app: app.clone() }),
        )
}

/// Who a run acts as. Whoever started it was allowed to; what it may do is a member's work.
fn caller(run: &RunContext) -> Caller {
    let role = match run.actor {
        Actor::LocalOwner => Role::Owner,
        Actor::User { .. } | Actor::Agent { .. } | Actor::System => Role::Member,
    };
    Caller::new(run.actor, role, run.project_id)
}
