//! How the nodes of a run stand, with what its child runs have used.

use std::{
    collections::{HashMap, HashSet},
    io,
};

use gathering_agents::{Turn, TurnMachine, TurnView};
use gathering_domain::{Permission, RunId, RunStatus, Usage, Waiting};
use gathering_engine::{Entry, EntryBody, Payload, RunStarted, RunState};
use gathering_pipelines::{NodeView, PIPELINE_MACHINE, nodes_view};
use gathering_storage::{list_children, load_journal};
use serde_json::Value;

use super::{RunSummary, Runs};
use crate::{Caller, Error, Result, webhooks::machine::DeliveryMachine};

/// The most bytes of all outputs of a list of nodes, as JSON.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The nodes of a run, or the replies and calls of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct RunNodes {
    /// The run.
    pub run: RunSummary,
    /// The nodes of a pipeline's run, in the definition's order. What they used includes their child
    /// runs, the unfinished ones too.
    pub nodes: Vec<NodeView>,
    /// Nodes whose output is left out, since those before it are large enough.
    pub left_out: HashSet<String>,
    /// The turn, for the run of an agent.
    pub turn: Option<TurnView>,
    /// Child runs that have not ended, and what they wait for.
    pub unfinished: Vec<Unfinished>,
    /// What the run and all its children used, the unfinished ones included.
    pub usage: Usage,
}

/// A child run that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// The child.
    pub run_id: RunId,
    /// Where it is.
    pub status: RunStatus,
    /// What it waits for.
    pub waiting: Option<Waiting>,
}

impl Runs<'_> {
    /// How the nodes of a run stand. Outputs that make the list too large are left out.
    pub async fn nodes(&self, caller: &Caller, id: RunId) -> Result<RunNodes> {
        let mut found = self.all_nodes(caller, id).await?;
        let mut bytes = 0;
        for node in &mut found.nodes {
            bytes += size(&node.output);
            if bytes > MOST_BYTES {
                bytes -= size(&node.output);
                node.output = Payload::default();
                found.left_out.insert(node.id.clone());
            }
        }
        Ok(found)
    }

    /// How one node of a run stands, with its output however large.
    pub async fn node(&self, caller: &Caller, id: RunId, node_id: &str) -> Result<NodeView> {
        let nodes = self.all_nodes(caller, id).await?.nodes;
        let found = nodes.into_iter().find(|node| node.id == node_id);
        found.ok_or_else(|| Error::not_found("node", node_id))
    }

    async fn all_nodes(&self, caller: &Caller, id: RunId) -> Result<RunNodes> {
        caller.require_here(Permission::Read)?;
        let row = self.visible(caller, id).await?;
        let journal = load_journal(self.app.database(), id).await?;
        let mut usage = RunState::fold(&journal).usage();
        let definitions = self.app.definitions();
        let (mut nodes, mut turn) = (Vec::new(), None);
        match row.machine.as_str() {
            PIPELINE_MACHINE => {
                let program = definitions.program(&started(&journal)?.definition).await?;
                // What is accepted has a first entry, after which its nodes could begin; none has.
                let entries = if row.status == RunStatus::Queued { &[][..] } else { &journal[..] };
                nodes = nodes_view(program, entries);
            }
            TurnMachine::NAME => {
                let journal = definitions.with_turn(journal).await?;
                turn = Turn::replay(&journal).view();
            }
            DeliveryMachine::NAME => {}
            _ => return Err(Error::defect("find the machine of a run")),
        }
        let mut open = HashMap::new();
        let mut unfinished = Vec::new();
        for child in list_children(id).all(self.app.database()).await? {
            if !child.status.is_final() {
                open.insert(child.id, child.usage());
                let (run_id, status, waiting) = (child.id, child.status, child.waiting);
                unfinished.push(Unfinished { run_id, status, waiting });
            }
        }
        for used in open.values() {
            usage += *used;
        }
        for node in &mut nodes {
            for used in node.children.iter().filter_map(|child| open.get(child)) {
                node.usage += *used;
            }
        }
        let left_out = HashSet::new();
        Ok(RunNodes { run: row.into(), nodes, left_out, turn, unfinished, usage })
    }
}

/// The bytes of a value as JSON.
fn size(value: &Value) -> usize {
    let mut count = Count(0);
    // Nothing can fail: a value is JSON, and to count takes no room.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn started(journal: &[Entry]) -> Result<&RunStarted> {
    match journal.first().map(|entry| &entry.body) {
        Some(EntryBody::RunStarted(started)) => Ok(started),
        _ => Err(Error::defect("find the first entry of a run")),
    }
}
