//! `GET /api/v1/providers`, `…/{name}` and `/api/v1/provider-kinds`: look at providers.

use axum::extract::State;

use super::view::{ProviderKindView, ProviderView};
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Providers, in the order of their names; the built-in one comes first.
#[utoipa::path(get, path = "/api/v1/providers", tag = "providers", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ProviderView>)))]
#[tracing::instrument(name = "api.providers.list", skip_all)]
pub(crate) async fn list_providers(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ProviderView>>, Problem> {
    Ok(Json(edge.app().providers().list(&caller, page.into()).await?.into()))
}

/// One provider.
#[utoipa::path(get, path = "/api/v1/providers/{name}", tag = "providers",
    params(("name" = String, Path)),
    responses((status = 200, description = "The provider; its version is the `ETag`.",
        body = ProviderView)))]
#[tracing::instrument(name = "api.providers.get", skip_all)]
pub(crate) async fn get_provider(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<Versioned<ProviderView>, Problem> {
    let provider = edge.app().providers().get(&caller, &name).await?;
    Ok(Versioned(provider.version, provider.into()))
}

/// The kinds of which a provider can be, in one page.
#[utoipa::path(get, path = "/api/v1/provider-kinds", tag = "providers",
    responses((status = 200, description = "All of them.", body = PageView<ProviderKindView>)))]
#[tracing::instrument(name = "api.provider_kinds.list", skip_all)]
pub(crate) async fn list_provider_kinds(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<Json<PageView<ProviderKindView>>, Problem> {
    let adapters = edge.app().providers().adapters(&caller)?;
    Ok(Json(PageView::whole(adapters.into_iter().map(ProviderKindView::from).collect())))
}
