//! `POST /api/v1/tools/{name}/invoke`: call a tool as a person.

use axum::extract::State;
use gathering_app::tools::InvokeTool;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::view::InvokedView;
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, Path},
    state::Edge,
};

/// A call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvokeToolBody {
    /// The arguments, as the tool's schema has them.
    #[serde(default)]
    arguments: Map<String, Value>,
}

/// Calls a tool and waits for its answer. That the tool failed is an answer, too. With an
/// `Idempotency-Key`, a target that can recognises a repetition.
#[utoipa::path(post, path = "/api/v1/tools/{name}/invoke", tag = "tools",
    params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = InvokeToolBody,
    responses((status = 200, description = "How the call ended.", body = InvokedView)))]
#[tracing::instrument(name = "api.tools.invoke", skip_all)]
pub(crate) async fn invoke_tool(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Json(InvokeToolBody { arguments }): Json<InvokeToolBody>,
) -> Result<Json<InvokedView>, Problem> {
    let command = InvokeTool { name, arguments: arguments.into(), idempotency_key };
    Ok(Json(edge.app().tools().invoke(&caller, command).await?.into()))
}
