//! `/healthz` and `/readyz`: whether the process lives, and whether it can take work.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Problem, extract::Json, state::Edge};

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthView {
    /// `alive` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// Whether the process answers. Asks nothing else, so that a slow database restarts no server.
#[utoipa::path(get, path = "/healthz", tag = "health",
    responses((status = 200, description = "It is alive.", body = HealthView)))]
pub(crate) async fn healthz() -> Json<HealthView> {
    Json(HealthView { status: "alive" })
}

/// Whether the server can take work: its database answers, with the schema of this program, and takes
/// writes, and the server is not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "It is ready.", body = HealthView)))]
pub(crate) async fn readyz(State(edge): State<Edge>) -> Result<Json<HealthView>, Problem> {
    let health = edge.app().system().health().await;
    if health.ready() {
        return Ok(Json(HealthView { status: "ready" }));
    }
    let why = match (health.database, health.draining) {
        (false, _) => "the database does not answer, or refuses writes",
        (true, _) => "the server is about to stop",
    };
    Err(Problem::new("not_ready", why))
}
