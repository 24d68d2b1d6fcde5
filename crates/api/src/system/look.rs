//! `GET /api/v1/system/info`, `…/instances` and `…/breakers`.

use axum::extract::State;

use super::view::{BreakerView, InfoView, InstanceView};
use crate::{
    Problem,
    extract::{Caller, Json},
    state::Edge,
    views::PageView,
};

/// What the server is.
#[utoipa::path(get, path = "/api/v1/system/info", tag = "system",
    responses((status = 200, description = "The server.", body = InfoView)))]
#[tracing::instrument(name = "api.system.info", skip_all)]
pub(crate) async fn get_system_info(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<Json<InfoView>, Problem> {
    Ok(Json(edge.app().system().info(&caller).await?.into()))
}

/// The server's processes, in one page; dead ones for an hour.
#[utoipa::path(get, path = "/api/v1/system/instances", tag = "system",
    responses((status = 200, description = "All of them.", body = PageView<InstanceView>)))]
#[tracing::instrument(name = "api.system.instances", skip_all)]
pub(crate) async fn list_instances(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<Json<PageView<InstanceView>>, Problem> {
    let instances = edge.app().system().instances(&caller).await?;
    Ok(Json(PageView::whole(instances.into_iter().map(InstanceView::from).collect())))
}

/// The circuit breakers of the instance that answers, in one page: those that are not as new.
#[utoipa::path(get, path = "/api/v1/system/breakers", tag = "system",
    responses((status = 200, description = "All of them.", body = PageView<BreakerView>)))]
#[tracing::instrument(name = "api.system.breakers", skip_all)]
pub(crate) async fn list_breakers(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<Json<PageView<BreakerView>>, Problem> {
    let breakers = edge.app().system().breakers(&caller)?;
    Ok(Json(PageView::whole(breakers.into_iter().map(BreakerView::from).collect())))
}
