//! `POST /api/v1/providers/{name}/test` and `GET …/models`: ask a provider something.

use axum::extract::State;

use super::view::{ModelView, ProviderReportView};
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
    views::PageView,
};

/// Asks a provider something cheap. That it failed is an answer, too.
#[utoipa::path(post, path = "/api/v1/providers/{name}/test", tag = "providers",
    params(("name" = String, Path)),
    responses((status = 200, description = "What the call showed.", body = ProviderReportView)))]
#[tracing::instrument(name = "api.providers.test", skip_all)]
pub(crate) async fn test_provider(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<Json<ProviderReportView>, Problem> {
    Ok(Json(edge.app().providers().test(&caller, &name).await?.into()))
}

/// The models that a provider offers, in one page.
#[utoipa::path(get, path = "/api/v1/providers/{name}/models", tag = "providers",
    params(("name" = String, Path)),
    responses((status = 200, description = "The models.", body = PageView<ModelView>)))]
#[tracing::instrument(name = "api.providers.models", skip_all)]
pub(crate) async fn list_provider_models(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<Json<PageView<ModelView>>, Problem> {
    let models = edge.app().providers().models(&caller, &name).await?;
    Ok(Json(PageView::whole(models.into_iter().map(ModelView::from).collect())))
}
