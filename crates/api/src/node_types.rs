//! `GET /api/v1/node-types`: what a pipeline can be made of.

use gathering_app::pipelines::{NodeType, node_types};
use gathering_domain::Permission;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Problem,
    extract::{Caller, Json},
    views::PageView,
};

/// A type of node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeType)]
pub(crate) struct NodeTypeView {
    /// The word in a definition.
    #[schema(example = "condition")]
    name: &'static str,
    /// What it does, in one line.
    summary: &'static str,
    /// JSON Schema of its `config`.
    #[schema(value_type = Object)]
    config_schema: Value,
    /// The labels that its outgoing edges may have, `error` aside. A switch has also the names of
    /// its cases.
    labels: &'static [&'static str],
    /// The fields beside `config` that it takes.
    fields: &'static [&'static str],
}

/// The types of nodes of which a pipeline can be made, in one page.
#[utoipa::path(get, path = "/api/v1/node-types", tag = "pipelines",
    responses((status = 200, description = "All of them.", body = PageView<NodeTypeView>)))]
#[tracing::instrument(name = "api.node_types.list", skip_all)]
pub(crate) async fn list_node_types(
    Caller(caller): Caller,
) -> Result<Json<PageView<NodeTypeView>>, Problem> {
    caller.require_any(Permission::Read)?;
    Ok(Json(PageView::whole(node_types().into_iter().map(NodeTypeView::from).collect())))
}

impl From<NodeType> for NodeTypeView {
    fn from(node_type: NodeType) -> Self {
        let NodeType { name, summary, config_schema, labels, fields } = node_type;
        Self { name, summary, config_schema, labels, fields }
    }
}
