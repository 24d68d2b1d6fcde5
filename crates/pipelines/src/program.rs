//! A pinned pipeline, parsed and laid out for the machine; shared by all its runs.

mod branches;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use gathering_domain::{Fault, Pointer};
use gathering_engine::{Limits, Payload};
use gathering_expressions::{References, ValueTemplate};
use serde_json::Value;

pub(crate) use self::branches::BranchGroup;
use crate::{
    definition::{DEFAULT_CONCURRENCY, Definition, ERROR_LABEL, Join, Node, OnError},
    graph::Graph,
    inputs::InputShape,
    parts::{JobKind, Reader, Work},
    pinned::{Pinned, PinnedPipeline},
};

/// A pipeline ready to run.
#[derive(Debug)]
pub struct Program {
    pub(crate) name: String,
    pub(crate) pipeline: PinnedPipeline,
    pub(crate) nodes: Vec<ProgramNode>,
    pub(crate) index: HashMap<String, usize>,
    pub(crate) graph: Graph,
    /// The label of each edge.
    pub(crate) labels: Vec<Option<String>>,
    pub(crate) trigger: usize,
    pub(crate) groups: Vec<BranchGroup>,
    pub(crate) outputs: Option<ValueTemplate>,
    pub(crate) vars: Value,
    pub(crate) concurrency: usize,
    pub(crate) children: BTreeMap<String, ChildProgram>,
    limits: Limits,
}

#[derive(Debug)]
pub(crate) struct ProgramNode {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) type_name: &'static str,
    pub(crate) work: Work,
    pub(crate) on_error: OnError,
    pub(crate) join: Join,
    /// The nodes that serve this one alone; given up when it starts without them.
    pub(crate) feeding: Vec<usize>,
    /// The limited branches to which it belongs, as group and branch.
    pub(crate) branches: Vec<(usize, usize)>,
    /// Whether an expression reads the node's result.
    pub(crate) is_read: bool,
}

/// What the parent must know of a pipeline that runs as its child.
#[derive(Debug)]
pub(crate) struct ChildProgram {
    pub(crate) definition: Payload,
    pub(crate) shape: InputShape,
    pub(crate) limits: Limits,
}

/// A pinned pipeline that cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not load pipeline `{name}`: {}", first(.faults))]
pub struct BrokenProgram {
    /// Which pipeline.
    pub name: String,
    /// What is wrong; validation would have refused it.
    pub faults: Vec<Fault>,
}

fn first(faults: &[Fault]) -> String {
    faults.first().map_or_else(String::new, ToString::to_string)
}

impl Program {
    /// Reads a [`Pinned`] as JSON. Takes far longer than a step of a run: whoever starts many runs of
    /// one version keeps its program.
    pub fn load(definition: &Value) -> Result<Self, BrokenProgram> {
        let broken =
            |name: &str, fault: Fault| BrokenProgram { name: name.to_owned(), faults: vec![fault] };
        let invalid = |error: serde_json::Error| {
            Fault::new(Pointer::root(), "invalid_value", error.to_string())
        };
        let pinned: Pinned = serde_json::from_value(definition.clone())
            .map_err(|error| broken("?", invalid(error)))?;
        let name = pinned.main.clone();
        let parsed = pinned.definition_of(&name).map_err(|fault| broken(&name, fault))?;
        Self::assemble(&pinned, parsed).map_err(|faults| BrokenProgram { name, faults })
    }

    fn assemble(pinned: &Pinned, definition: Definition) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::default();
        let works: Vec<Option<Work>> = definition
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| reader.work(node, &Pointer::root().child("nodes").child(at)))
            .collect();
        let outputs = definition.outputs.clone().map(|outputs| {
            reader.value(&Pointer::root().child("outputs"), &Value::Object(outputs))
        });
        if !reader.faults.is_empty() {
            return Err(reader.faults);
        }
        let mut read = References::default();
        reader.uses.iter().for_each(|used| read.merge(&used.references));
        let index: HashMap<String, usize> = definition
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (node.id.to_string(), at))
            .collect();
        let fault =
            |code: &str, message: &str| vec![Fault::new(Pointer::root(), code, message.to_owned())];
        let mut ends = Vec::with_capacity(definition.edges.len());
        for edge in &definition.edges {
            match (index.get(edge.from.as_str()), index.get(edge.to.as_str())) {
                (Some(from), Some(to)) => ends.push((*from, *to)),
                _ => return Err(fault("unknown_node", "an edge leads to no node")),
            }
        }
        let graph = Graph::new(definition.nodes.len(), ends);
        let order = graph.order().ok_or_else(|| fault("cycle", "nodes wait for each other"))?;
        let labels: Vec<Option<String>> =
            definition.edges.iter().map(|edge| edge.when.clone()).collect();
        let trigger = works
            .iter()
            .position(|work| matches!(work, Some(Work::Trigger)))
            .ok_or_else(|| fault("missing_trigger", "there is no trigger"))?;
        let mut nodes = Vec::with_capacity(works.len());
        for (at, (node, work)) in definition.nodes.iter().zip(works).enumerate() {
            let Some(work) = work else { return Err(fault("invalid_value", "a node has no work")) };
            let routed =
                graph.outgoing[at].iter().any(|edge| labels[*edge].as_deref() == Some(ERROR_LABEL));
            nodes.push(ProgramNode {
                on_error: effective(node, routed),
                join: node.join,
                feeding: match node.join {
                    Join::All => Vec::new(),
                    Join::Any | Join::AtLeast(_) => graph.feeding_only(at, &order),
                },
                branches: Vec::new(),
                is_read: read.nodes.contains(node.id.as_str()),
                id: node.id.to_string(),
                title: node.name.as_ref().map(ToString::to_string),
                type_name: node.kind.type_name(),
                work,
            });
        }
        let groups = BranchGroup::all(&graph, trigger, &nodes);
        for (group, branches) in groups.iter().enumerate() {
            for (branch, members) in branches.branches.iter().enumerate() {
                for node in members {
                    nodes[*node].branches.push((group, branch));
                }
            }
        }
        let children = children(pinned, &nodes).map_err(|fault| vec![fault])?;
        let concurrency = definition.limits.concurrency.unwrap_or(DEFAULT_CONCURRENCY);
        Ok(Self {
            name: pinned.main.clone(),
            pipeline: pinned.pipelines[&pinned.main].clone(),
            nodes,
            index,
            graph,
            labels,
            trigger,
            groups,
            outputs: outputs.flatten(),
            vars: Value::Object(definition.vars),
            concurrency: concurrency as usize,
            children,
            limits: definition.limits.of_run(),
        })
    }

    /// The pipeline's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The limits that the definition sets for a run.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}

impl Pinned {
    fn definition_of(&self, name: &str) -> Result<Definition, Fault> {
        let missing =
            || Fault::new(Pointer::root(), "unknown_pipeline", format!("`{name}` was not pinned"));
        let pipeline = self.pipelines.get(name).ok_or_else(missing)?;
        serde_json::from_value(pipeline.definition.clone())
            .map_err(|error| Fault::new(Pointer::root(), "invalid_value", error.to_string()))
    }
}

/// What a failure of the node means, also where the definition does not say.
fn effective(node: &Node, routed: bool) -> OnError {
    node.on_error.unwrap_or(if routed { OnError::Route } else { OnError::Fail })
}

fn children(
    pinned: &Pinned,
    nodes: &[ProgramNode],
) -> Result<BTreeMap<String, ChildProgram>, Fault> {
    let mut children = BTreeMap::new();
    for node in nodes {
        let (Work::Job(job) | Work::Map { job, .. }) = &node.work else { continue };
        let JobKind::Pipeline { name } = &job.kind else { continue };
        if children.contains_key(name) {
            continue;
        }
        let definition = pinned.definition_of(name)?;
        let shape = InputShape::compile(definition.inputs.as_ref()).map_err(|invalid| {
            Fault::new(Pointer::root(), "invalid_schema", invalid.to_string())
        })?;
        let child = Pinned { main: name.clone(), pipelines: pinned.pipelines.clone() };
        let payload = serde_json::to_value(&child)
            .map_err(|error| Fault::new(Pointer::root(), "invalid_value", error.to_string()))?;
        let limits = definition.limits.of_run();
        children
            .insert(name.clone(), ChildProgram { definition: Arc::new(payload), shape, limits });
    }
    Ok(children)
}
