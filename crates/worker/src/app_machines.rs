//! The machines of a server: pipelines and agents' turns, from the versions that runs are pinned to.

use std::{collections::HashMap, sync::Arc};

use futures::future::BoxFuture;
use gathering_agents::{ModelCall, ModelCosts};
use gathering_app::{App, Error, definitions::Definitions};
use gathering_domain::{Failure, MicroUsd, ProjectId};
use gathering_engine::{ChildSpec, Machine, Payload, RunStarted};
use gathering_llm::Prices;
use gathering_storage::RunLimit;

use crate::machines::{BuildError, Machines};

/// Makes the machines of a server.
pub struct AppMachines {
    app: App,
    prices: Arc<Prices>,
}

impl AppMachines {
    /// Machines from the definitions of `app`, with what model calls may cost.
    pub fn new(app: &App, prices: &Arc<Prices>) -> Self {
        Self { app: app.clone(), prices: Arc::clone(prices) }
    }

    /// What model calls may cost, by the providers that are configured now.
    async fn costs(&self, project_id: ProjectId) -> Result<Costs, Error> {
        let kinds = self.app.providers().kinds(project_id).await?;
        Ok(Costs { kinds, prices: Arc::clone(&self.prices) })
    }
}

impl Machines for AppMachines {
    fn build<'a>(
        &'a self,
        project_id: ProjectId,
        started: &'a RunStarted,
    ) -> BoxFuture<'a, Result<Box<dyn Machine>, BuildError>> {
        Box::pin(async move {
            if Definitions::is_newer(started) {
                return Err(BuildError::Newer);
            }
            let costs = self.costs(project_id).await.map_err(unavailable)?;
            self.app.definitions().machine(started, Arc::new(costs)).await.map_err(|error| {
                if error.may_pass() { unavailable(error) } else { impossible(&error) }
            })
        })
    }

    fn child_definition(
        &self,
        parent: &RunStarted,
        child: &ChildSpec,
    ) -> Result<Payload, BuildError> {
        self.app.definitions().child(parent, child).map_err(|error| impossible(&error))
    }

    fn child_limits<'a>(
        &'a self,
        project_id: ProjectId,
        child: &'a ChildSpec,
    ) -> BoxFuture<'a, Result<Vec<RunLimit>, BuildError>> {
        Box::pin(async move {
            self.app.runs().child_limits(project_id, child).await.map_err(|error| {
                if error.may_pass() { unavailable(error) } else { impossible(&error) }
            })
        })
    }
}

/// The failure of a run whose definition will never be of use. An internal cause is for the log alone.
fn impossible(error: &Error) -> BuildError {
    if let Error::Internal(cause) = error {
        let cause = cause as &dyn std::error::Error;
        tracing::error!(error = cause, "the definition of a run cannot be used");
        let why = "the definition that the run is pinned to cannot be used";
        return BuildError::Impossible(Failure::fatal("definition_unusable", why));
    }
    BuildError::Impossible(Failure::fatal(error.code(), error.to_string()))
}

fn unavailable(error: Error) -> BuildError {
    BuildError::Unavailable(Box::new(error))
}

/// Prices of the configured providers.
struct Costs {
    /// Kinds of providers by their configured names.
    kinds: HashMap<String, String>,
    prices: Arc<Prices>,
}

impl ModelCosts for Costs {
    /// An attempt may go through the whole chain, and every model of it may be charged for.
    fn most(&self, call: &ModelCall) -> Option<MicroUsd> {
        let mut request = call.request.clone();
        let mut sum = MicroUsd::ZERO;
        for model in &call.models {
            model.model().clone_into(&mut request.model);
            sum += self.prices.most(self.kinds.get(model.provider())?, &request)?;
        }
        Some(sum)
    }

    fn usual_output(&self, call: &ModelCall) -> Option<u32> {
        let bounds = call.models.iter().filter_map(|model| {
            self.prices.usual_output(self.kinds.get(model.provider())?, model.model())
        });
        bounds.min()
    }
}
