//! The figures of an instance: who may read them, and where.

use std::sync::Arc;

use anyhow::Context as _;
use gathering_api::{ApiState, Metrics, Options, Site};
use gathering_config::Config;
use tokio::{net::TcpListener, sync::Mutex};

use super::Instance;
use crate::metrics::Source;

/// Connections to the listener of the figures at once.
const SCRAPERS: usize = 64;

impl Instance {
    /// The figures, with the token that the configuration asks for.
    pub(crate) fn figures(&self, config: &Config) -> Metrics {
        let source = Source {
            metrics: Arc::clone(&self.metrics),
            app: self.app.clone(),
            database: self.database.clone(),
            worker: self.worker.clone(),
            breakers: self.breakers.clone(),
            clock: Arc::clone(&self.clock),
            places: config.worker.max_concurrent_runs,
            looking: Mutex::default(),
        };
        let token = config.metrics.token.as_ref().map(|token| token.expose().into());
        Metrics { source: Arc::new(source), token }
    }

    /// Serves the figures there, until the services stop: they are there while runs are given back.
    pub(crate) fn serve_figures(&mut self, listener: TcpListener, figures: Metrics, site: Site) {
        let mut state = ApiState::new(self.app.clone(), Arc::clone(&self.ids));
        state.site = Arc::new(site);
        let site = Arc::clone(&state.site);
        let options = Options { connections: SCRAPERS, ..Options::default() };
        let router = gathering_api::metrics_router(state, options, figures);
        let stop = self.stop_services.clone();
        self.services.spawn(gathering_api::serve(listener, router, options, None, site, stop));
    }
}

/// The listener of their own, if the configuration wants one.
pub(crate) async fn listener(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let Some(wanted) = config.metrics.listen else { return Ok(None) };
    let bound = TcpListener::bind(wanted).await;
    let listener = bound.with_context(|| format!("could not listen on {wanted} for metrics"))?;
    let address = listener.local_addr().context("could not learn the address of metrics")?;
    tracing::info!(%address, "metrics are served on a listener of their own");
    Ok(Some(listener))
}
