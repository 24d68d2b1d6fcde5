//! What every handler has at hand.

use std::sync::Arc;

use gathering_app::App;
use gathering_domain::{Actor, IdSource, Timestamp};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    Metrics, Observer, Options, Pages, Site, Unobserved, network::Network, places::Places,
    rates::Rates,
};

/// What every handler has at hand. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// The use cases.
    pub app: App,
    /// Gives ids of requests.
    pub ids: Arc<dyn IdSource>,
    /// Cancelled when the server will stop soon: clients are told to take another connection for
    /// their next request, while everything is still served.
    pub leaving: CancellationToken,
    /// Cancelled when the server is about to stop: streams and waits end, so that nobody waits for
    /// them.
    pub draining: CancellationToken,
    /// Where the server stands.
    pub site: Arc<Site>,
    /// Hears of what happens here.
    pub observer: Arc<dyn Observer>,
    /// Figures of the server. On this listener they are there with a token alone.
    pub metrics: Option<Metrics>,
    /// The dashboard, if it was built.
    pub pages: Option<Pages>,
}

/// Of the places for requests, sign-ins and waits, one caller or address may hold a half.
const HALF: usize = 2;
/// Of the places for streams, which are held for long, one caller may hold a quarter.
const QUARTER: usize = 4;

/// The state with the bounds that apply to it; what the router carries.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) state: ApiState,
    pub(crate) options: Options,
    pub(crate) requests: Arc<Semaphore>,
    /// Requests by who calls, once that is known; all together they have places in `requests`.
    pub(crate) callers: Arc<Places<Actor>>,
    pub(crate) anonymous: Arc<Places<Network>>,
    pub(crate) waits: Arc<Places<Actor>>,
    pub(crate) streams: Arc<Places<Actor>>,
    pub(crate) rates: Arc<Rates>,
}

impl ApiState {
    /// The state of an edge before these use cases.
    pub fn new(app: App, ids: Arc<dyn IdSource>) -> Self {
        let (leaving, draining) = (CancellationToken::new(), CancellationToken::new());
        let observer = Arc::new(Unobserved);
        Self {
            app,
            ids,
            leaving,
            draining,
            site: Arc::default(),
            observer,
            metrics: None,
            pages: None,
        }
    }
}

impl Edge {
    pub(crate) fn new(state: ApiState, options: Options) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(options.requests.min(Semaphore::MAX_PERMITS))),
            callers: Places::of(options.requests, HALF),
            anonymous: Places::of(options.anonymous, HALF),
            waits: Places::of(options.waits, HALF),
            streams: Places::of(options.streams, QUARTER),
            rates: Arc::new(Rates::new(options.rates)),
            state,
            options,
        }
    }

    /// Whether clients should go elsewhere with their next request.
    pub(crate) fn leaving(&self) -> bool {
        self.state.leaving.is_cancelled() || self.state.draining.is_cancelled()
    }

    /// The use cases.
    pub(crate) const fn app(&self) -> &App {
        &self.state.app
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.state.app.now()
    }
}

impl std::fmt::Debug for ApiState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiState").field("app", &self.app).finish_non_exhaustive()
    }
}
