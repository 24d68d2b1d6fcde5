//! Branches of a fan-out with a limit: which nodes belong to which.

use crate::{
    graph::{Graph, Set},
    parts::Work,
    program::ProgramNode,
};

/// The branches of one `parallel` node that has a limit.
#[derive(Debug)]
pub(crate) struct BranchGroup {
    /// How many branches may be at work at the same time.
    pub(crate) limit: usize,
    /// The nodes of each branch, in order of the edges.
    pub(crate) branches: Vec<Vec<usize>>,
}

impl BranchGroup {
    /// The groups of a pipeline.
    ///
    /// A branch has the nodes that are reached from its first node and from that of no other branch,
    /// and only through the fan-out. So two groups are nested or apart, and never wait for each other.
    pub(crate) fn all(graph: &Graph, trigger: usize, nodes: &[ProgramNode]) -> Vec<Self> {
        let mut groups = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            let Work::Parallel { limit: Some(limit) } = node.work else { continue };
            let elsewhere = reachable_without(graph, trigger, at);
            let mut starts: Vec<usize> = Vec::new();
            for edge in &graph.outgoing[at] {
                let start = graph.edges[*edge].1;
                if !starts.contains(&start) {
                    starts.push(start);
                }
            }
            let reached: Vec<Set> = starts.iter().map(|start| graph.reachable(*start)).collect();
            let branches = reached
                .iter()
                .enumerate()
                .map(|(branch, members)| {
                    let shared = |node: &usize| {
                        elsewhere.contains(*node)
                            || reached
                                .iter()
                                .enumerate()
                                .any(|(other, set)| other != branch && set.contains(*node))
                    };
                    members.iter().filter(|node| !shared(node)).collect()
                })
                .collect();
            groups.push(Self { limit: limit as usize, branches });
        }
        groups
    }
}

/// What is reached from `start` on paths that avoid `avoided`.
fn reachable_without(graph: &Graph, start: usize, avoided: usize) -> Set {
    let mut reached = Set::new(graph.incoming.len());
    let mut stack = vec![start];
    while let Some(node) = stack.pop() {
        if node != avoided && !reached.contains(node) {
            reached.insert(node);
            stack.extend(graph.outgoing[node].iter().map(|edge| graph.edges[*edge].1));
        }
    }
    reached
}
