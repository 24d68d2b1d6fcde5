//! How the nodes of a run stand, for the API and the command line.

use gathering_domain::{Failure, NodeStatus, RunId, Timestamp, Usage};
use gathering_engine::Payload;
use serde::Serialize;

use super::fold::Fold;
use crate::program::Program;

/// One node of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeView {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: Option<String>,
    /// What it does.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// Where it is.
    pub status: NodeStatus,
    /// The outcome's label, such as `true` or `approved`.
    pub label: Option<String>,
    /// Attempts at its work so far; of a map, the most of any item.
    pub attempts: u32,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its output; `null` until it has one.
    pub output: Payload,
    /// Why it failed.
    pub error: Option<Failure>,
    /// What it and its child runs used.
    pub usage: Usage,
    /// Its child runs, in the order in which they started.
    pub children: Vec<RunId>,
    /// How far a map is.
    pub items: Option<ItemsView>,
}

/// How far a map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ItemsView {
    /// Items in all.
    pub total: usize,
    /// Items that have ended.
    pub ended: usize,
    /// Items that failed.
    pub failed: usize,
}

impl Fold {
    pub(super) fn view(&self, program: &Program) -> Vec<NodeView> {
        let nodes = program.nodes.iter().zip(&self.nodes);
        nodes
            .map(|(described, state)| NodeView {
                id: described.id.clone(),
                name: described.title.clone(),
                type_name: described.type_name,
                status: state.status,
                label: state.label.clone(),
                attempts: state.attempts,
                started_at: state.started_at,
                ended_at: state.ended_at,
                output: Payload::clone(&state.output),
                error: state.error.clone(),
                usage: state.usage,
                children: state.children.clone(),
                items: state.items.as_ref().and_then(|items| items.as_ref().ok()).map(|items| {
                    let (total, ended, failed) = items.counts();
                    ItemsView { total, ended, failed }
                }),
            })
            .collect()
    }
}
