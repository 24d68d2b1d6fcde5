//! `/metrics`: figures of the server, for whoever scrapes them.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::State,
    middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use futures::future::BoxFuture;
use gathering_app::Unauthenticated;
use http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    ApiState, Options, Problem, answer, credentials::bearer, host, pace, panics, state::Edge,
};

/// Where they are.
pub(crate) const PATH: &str = "/metrics";
/// The exposition format of OpenMetrics, which every Prometheus reads.
const FORMAT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Writes all figures down, as OpenMetrics text.
pub trait MetricsSource: Send + Sync {
    /// Writes them down as they are now.
    fn write(&self) -> BoxFuture<'_, String>;
}

/// The figures, and who may read them.
#[derive(Clone)]
pub struct Metrics {
    /// Where they come from.
    pub source: Arc<dyn MetricsSource>,
    /// What `Authorization: Bearer` must carry; where there is none, whoever can connect may read them.
    pub token: Option<SecretString>,
}

/// The figures alone, on a listener of their own.
pub fn metrics_router(state: ApiState, options: Options, metrics: Metrics) -> Router {
    let edge = Edge::new(state, options);
    Router::new()
        .route(PATH, get(read).layer(Extension(metrics)))
        .route_layer(middleware::from_fn(answer::name_route))
        .fallback(answer::unknown_route)
        .method_not_allowed_fallback(answer::method_not_allowed)
        .layer(CatchPanicLayer::custom(panics::caught))
        .layer(middleware::from_fn_with_state(edge.clone(), host::check))
        .layer(middleware::from_fn_with_state(edge.clone(), answer::answer))
        .layer(middleware::from_fn(pace::keep))
        .with_state(edge)
}

/// The figures on the listener of everything else: absent unless they have a token.
pub(crate) async fn read_here(
    State(edge): State<Edge>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match &edge.state.metrics {
        Some(metrics) if metrics.token.is_some() => answered(metrics, &headers).await,
        Some(_) | None => Err(answer::unknown_route().await),
    }
}

async fn read(
    Extension(metrics): Extension<Metrics>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answered(&metrics, &headers).await
}

async fn answered(metrics: &Metrics, headers: &HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = &metrics.token {
        let given = bearer(headers).ok().flatten().unwrap_or_default();
        let fits = given.as_bytes().ct_eq(token.expose_secret().as_bytes());
        if !bool::from(fits) {
            return Err(gathering_app::Error::Unauthenticated(Unauthenticated::NoSession).into());
        }
    }
    let text = metrics.source.write().await;
    Ok(([(header::CONTENT_TYPE, FORMAT)], text).into_response())
}
