//! The performers of a server: model calls, tool calls, HTTP requests, messages, deliveries, starts of pipelines.

mod allowed;
mod by_project;
mod deliver;
mod http;
mod model;
mod notify;
mod redacted;
mod start_pipeline;
mod tool;

use std::sync::Arc;

use gathering_app::{App, Caller, Error, ProjectHosts, tools::Called};
use gathering_domain::Failure;
use gathering_egress::{Egress, Revelations};
use gathering_llm::Prices;

pub use by_project::EgressOf;

use self::by_project::ByProject;
use crate::{
    breaker::Breakers,
    observer::Observer,
    performer::{Performer, Performers, RunContext},
};

/// The performer of HTTP requests alone, held to the lists of the projects that are known to `hosts`, and
/// without an audit trail.
pub fn http_performer(
    egress: &Egress,
    breakers: &Breakers,
    hosts: Option<&ProjectHosts>,
) -> Arc<dyn Performer> {
    let (egress, breakers, hosts) = (egress.clone(), breakers.clone(), hosts.cloned());
    Arc::new(http::HttpPerformer { egress, breakers, hosts, trail: None })
}

/// All performers, on one set of breakers, before one observer. Requests go out through the door of their
/// run's project, and what comes back holds none of the values that `revealed` has of that project.
pub fn performers(
    app: &App,
    egress: &EgressOf,
    revealed: &Revelations,
    prices: &Arc<Prices>,
    breakers: &Breakers,
    observer: &Arc<dyn Observer>,
) -> Performers {
    let model = model::ModelPerformer {
        app: app.clone(),
        observer: Arc::clone(observer),
        prices: Arc::clone(prices),
        breakers: breakers.clone(),
    };
    let http = {
        let (egress, breakers, app) = (Arc::clone(egress), breakers.clone(), app.clone());
        ByProject(move |project_id| {
            let (breakers, hosts) = (breakers.clone(), Some(app.project_hosts().clone()));
            let (egress, trail) = (egress(project_id), Some(app.clone()));
            Arc::new(http::HttpPerformer { egress, breakers, hosts, trail }) as Arc<dyn Performer>
        })
    };
    let tool = tool::ToolPerformer { app: app.clone() };
    Performers::default()
        .observed_by(observer)
        .with("model", allowed::within(app, redacted::over(Arc::new(model), revealed)))
        .with("tool", redacted::over(Arc::new(tool), revealed))
        .with("http", redacted::over(Arc::new(http), revealed))
        .with(
            "deliver",
            redacted::over(Arc::new(deliver::DeliverPerformer { app: app.clone() }), revealed),
        )
        .with(
            "webhook_disabled",
            redacted::over(Arc::new(deliver::DisabledPerformer { app: app.clone() }), revealed),
        )
        .with(
            "notify",
            redacted::over(Arc::new(notify::NotifyPerformer { app: app.clone() }), revealed),
        )
        .with(
            "start_pipeline",
            Arc::new(start_pipeline::StartPipelinePerformer { app: app.clone() }),
        )
}

/// Whom a run acts for: whoever started it, with the rights that they have now. Asked before anything
/// is done, so that a store that cannot be read postpones the attempt.
async fn caller(app: &App, run: &RunContext) -> Result<Caller, Failure> {
    let identity = app.identity();
    let acting = identity.acting(run.actor, run.api_key_id, run.project_id).await;
    acting.map_err(|error| failure(&error))
}

/// Records how a call ended. It has been made by now, so that a record that could not be written is told, and
/// fails nothing: the trail has that it began, and the journal has the call.
async fn ended(app: &App, caller: &Caller, called: &Called, failure: Option<&Failure>) {
    if let Err(error) = app.call_ended(caller, called, failure).await {
        tracing::error!(error = %error, "could not record how a call ended");
    }
}

/// What an error of a use case that changed nothing means for the attempt.
fn failure(error: &Error) -> Failure {
    match error {
        Error::Internal(_) | Error::Busy { .. } | Error::StoreUnavailable { .. } => {
            Failure::retryable(error.code(), error.to_string(), None)
        }
        _ => Failure::fatal(error.code(), error.to_string()),
    }
}
