//! `GET /api/v1/runs/{run_id}/nodes`, and `…/{node_id}`: how the nodes of a run stand.

use axum::extract::State;
use gathering_app::runs::{ItemsView as Items, NodeView as Node, RunNodes, Unfinished};
use gathering_domain::RunId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{turn_view::TurnView, view::RunSummaryView};
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
    views::{FailureView, NodeStatusWord, RunStatusWord, Time, UsageView, WaitingWord},
};

/// The nodes of a pipeline's run, or the replies and calls of an agent's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunNodes)]
pub(crate) struct RunNodesView {
    /// The run.
    run: RunSummaryView,
    /// The nodes of a pipeline's run, in the definition's order.
    nodes: Vec<NodeView>,
    /// The turn, for the run of an agent.
    turn: Option<TurnView>,
    /// Child runs that have not ended, and what they wait for.
    unfinished: Vec<UnfinishedView>,
    /// What the run and all its children used, the unfinished ones included.
    usage: UsageView,
}

/// A node of a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub(crate) struct NodeView {
    /// Its id in the definition.
    id: String,
    /// Its name, for people.
    name: Option<String>,
    /// What it does.
    #[serde(rename = "type")]
    node_type: &'static str,
    /// Where it is.
    status: NodeStatusWord,
    /// The outcome's label, such as `true` or `approved`.
    label: Option<String>,
    /// Attempts at its work so far; of a map, the most of any item.
    attempts: u32,
    /// When it started.
    started_at: Option<Time>,
    /// When it ended.
    ended_at: Option<Time>,
    /// Its output; `null` until it has one, and where it is left out.
    output: Value,
    /// Whether the output is left out: those of the nodes before it have 4 MiB already. The node alone
    /// shows it.
    output_left_out: bool,
    /// Why it failed.
    error: Option<FailureView>,
    /// What it and its child runs used.
    usage: UsageView,
    /// Its child runs, in the order in which they started.
    #[schema(value_type = Vec<String>)]
    children: Vec<RunId>,
    /// How far a map is.
    items: Option<ItemsView>,
}

/// How far a map is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Items)]
struct ItemsView {
    /// Items in all.
    total: usize,
    /// Items that have ended.
    ended: usize,
    /// Items that failed.
    failed: usize,
}

/// A child run that has not ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unfinished)]
struct UnfinishedView {
    /// The child.
    #[schema(value_type = String)]
    run_id: RunId,
    /// Where it is.
    status: RunStatusWord,
    /// What it waits for.
    waiting: Option<WaitingWord>,
}

/// How the nodes of a run stand, with what its child runs have used. Of outputs that have more than 4 MiB
/// together the later ones are left out.
#[utoipa::path(get, path = "/api/v1/runs/{run_id}/nodes", tag = "runs",
    params(("run_id" = String, Path)),
    responses((status = 200, description = "The nodes.", body = RunNodesView)))]
#[tracing::instrument(name = "api.runs.nodes", skip_all, fields(run.id = %run_id))]
pub(crate) async fn get_run_nodes(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
) -> Result<Json<RunNodesView>, Problem> {
    Ok(Json(edge.app().runs().nodes(&caller, run_id).await?.into()))
}

/// How one node of a run stands, with its output however large.
#[utoipa::path(get, path = "/api/v1/runs/{run_id}/nodes/{node_id}", tag = "runs",
    params(("run_id" = String, Path), ("node_id" = String, Path)),
    responses((status = 200, description = "The node.", body = NodeView)))]
#[tracing::instrument(name = "api.runs.node", skip_all, fields(run.id = %run_id))]
pub(crate) async fn get_run_node(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path((run_id, node_id)): Path<(RunId, String)>,
) -> Result<Json<NodeView>, Problem> {
    let node = edge.app().runs().node(&caller, run_id, &node_id).await?;
    Ok(Json(NodeView::of(node, false)))
}

impl From<RunNodes> for RunNodesView {
    fn from(nodes: RunNodes) -> Self {
        let RunNodes { run, nodes, left_out, turn, unfinished, usage } = nodes;
        let shown = |node: Node| {
            let left_out = left_out.contains(&node.id);
            NodeView::of(node, left_out)
        };
        Self {
            run: run.into(),
            nodes: nodes.into_iter().map(shown).collect(),
            turn: turn.map(TurnView::from),
            unfinished: unfinished.into_iter().map(UnfinishedView::from).collect(),
            usage: usage.into(),
        }
    }
}

impl NodeView {
    fn of(node: Node, output_left_out: bool) -> Self {
        Self {
            output_left_out,
            id: node.id,
            name: node.name,
            node_type: node.type_name,
            status: node.status.into(),
            label: node.label,
            attempts: node.attempts,
            started_at: node.started_at.map(Time::from),
            ended_at: node.ended_at.map(Time::from),
            output: node.output.as_ref().clone(),
            error: node.error.map(FailureView::from),
            usage: node.usage.into(),
            children: node.children,
            items: node.items.map(ItemsView::from),
        }
    }
}

impl From<Items> for ItemsView {
    fn from(items: Items) -> Self {
        let Items { total, ended, failed } = items;
        Self { total, ended, failed }
    }
}

impl From<Unfinished> for UnfinishedView {
    fn from(child: Unfinished) -> Self {
        let Unfinished { run_id, status, waiting } = child;
        Self { run_id, status: status.into(), waiting: waiting.map(WaitingWord::from) }
    }
}
