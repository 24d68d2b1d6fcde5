//! How the nodes of a run stand, with what its child runs have used.

use std::collections::HashMap;

use gathering_agents::{Turn, TurnMachine, TurnView};
use gathering_domain::{Permission, RunId, RunStatus, Usage, Waiting};
use gathering_engine::{Entry, EntryBody, RunStarted, RunState};
use gathering_pipelines::{NodeView, PIPELINE_MACHINE, nodes_view};
use gathering_storage::{list_children, load_journal};

use super::{RunSummary, Runs};
use crate::{Caller, Error, Result};

/// The nodes of a run, or the replies and calls of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct RunNodes {
    /// The run.
    pub run: RunSummary,
    /// The nodes of a pipeline's run, in the definition's order. What they used includes their child
    /// runs, the unfinished ones too.
    pub nodes: Vec<NodeView>,
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
    /// How the nodes of a run stand.
    pub async fn nodes(&self, caller: &Caller, id: RunId) -> Result<RunNodes> {
        caller.require_here(Permission::Read)?;
        let row = self.visible(caller, id).await?;
        let journal = load_journal(self.app.database(), id).await?;
        let mut usage = RunState::fold(&journal).usage();
        let definitions = self.app.definitions();
        let (mut nodes, mut turn) = (Vec::new(), None);
        match row.machine.as_str() {
            PIPELINE_MACHINE => {
                let program = definitions.program(&started(&journal)?.definition).await?;
                nodes = nodes_view(program, &journal);
            }
            TurnMachine::NAME => {
                let journal = definitions.with_turn(journal).await?;
                turn = Turn::replay(&journal).view();
            }
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
        Ok(RunNodes { run: row.into(), nodes, turn, unfinished, usage })
    }
}

fn started(journal: &[Entry]) -> Result<&RunStarted> {
    match journal.first().map(|entry| &entry.body) {
        Some(EntryBody::RunStarted(started)) => Ok(started),
        _ => Err(Error::defect("find the first entry of a run")),
    }
}
