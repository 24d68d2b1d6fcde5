//! The graph of a definition by index: what follows what, what comes before what.

use petgraph::{algo::tarjan_scc, graph::DiGraph};

/// Nodes and edges by their places in the definition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    /// Edges that end at a node, as indexes of edges.
    pub(crate) incoming: Vec<Vec<usize>>,
    /// Edges that begin at a node, as indexes of edges.
    pub(crate) outgoing: Vec<Vec<usize>>,
    /// Both ends of each edge.
    pub(crate) edges: Vec<(usize, usize)>,
}

impl Graph {
    /// A graph of `nodes` nodes with the given edges.
    pub(crate) fn new(nodes: usize, edges: Vec<(usize, usize)>) -> Self {
        let mut incoming = vec![Vec::new(); nodes];
        let mut outgoing = vec![Vec::new(); nodes];
        for (edge, (from, to)) in edges.iter().enumerate() {
            outgoing[*from].push(edge);
            incoming[*to].push(edge);
        }
        Self { incoming, outgoing, edges }
    }

    fn successors(&self, node: usize) -> impl Iterator<Item = usize> {
        self.outgoing[node].iter().map(|edge| self.edges[*edge].1)
    }

    fn predecessors(&self, node: usize) -> impl Iterator<Item = usize> {
        self.incoming[node].iter().map(|edge| self.edges[*edge].0)
    }

    /// One cycle for each knot of nodes that wait for each other, in order of the edges.
    pub(crate) fn cycles(&self) -> Vec<Vec<usize>> {
        let mut graph = DiGraph::<(), ()>::with_capacity(self.incoming.len(), self.edges.len());
        let indexes: Vec<_> = self.incoming.iter().map(|_| graph.add_node(())).collect();
        for (from, to) in &self.edges {
            graph.add_edge(indexes[*from], indexes[*to], ());
        }
        let mut cycles: Vec<Vec<usize>> = tarjan_scc(&graph)
            .into_iter()
            .map(|knot| knot.into_iter().map(petgraph::graph::NodeIndex::index).collect())
            .filter_map(|knot: Vec<usize>| self.cycle_in(&knot))
            .collect();
        cycles.sort();
        cycles
    }

    /// The shortest cycle through the first node of a knot, if the knot has one.
    fn cycle_in(&self, knot: &[usize]) -> Option<Vec<usize>> {
        let start = *knot.iter().min()?;
        let mut inside = Set::new(self.incoming.len());
        for node in knot {
            inside.insert(*node);
        }
        let mut came_from = vec![None; self.incoming.len()];
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for next in self.successors(node) {
                if next == start {
                    let mut cycle = vec![node];
                    while let Some(before) = came_from[cycle[cycle.len() - 1]] {
                        cycle.push(before);
                    }
                    cycle.reverse();
                    return Some(cycle);
                }
                if inside.contains(next) && came_from[next].is_none() {
                    came_from[next] = Some(node);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Everything that can be reached from `start`, itself included.
    pub(crate) fn reachable(&self, start: usize) -> Set {
        let mut reached = Set::new(self.incoming.len());
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            if !reached.contains(node) {
                reached.insert(node);
                stack.extend(self.successors(node));
            }
        }
        reached
    }

    /// Nodes in an order in which every node follows those before it; `None` with a cycle.
    pub(crate) fn order(&self) -> Option<Vec<usize>> {
        let mut waits: Vec<usize> = self.incoming.iter().map(Vec::len).collect();
        let mut order: Vec<usize> = (0..waits.len()).filter(|node| waits[*node] == 0).collect();
        let mut at = 0;
        while let Some(node) = order.get(at).copied() {
            at += 1;
            for next in self.successors(node) {
                waits[next] -= 1;
                if waits[next] == 0 {
                    order.push(next);
                }
            }
        }
        (order.len() == waits.len()).then_some(order)
    }

    /// For each node all that come before it; `None` with a cycle.
    pub(crate) fn ancestors(&self) -> Option<Vec<Set>> {
        let mut ancestors = vec![Set::new(self.incoming.len()); self.incoming.len()];
        for node in self.order()? {
            let mut before = Set::new(self.incoming.len());
            for predecessor in self.predecessors(node) {
                before.insert(predecessor);
                before.unite(&ancestors[predecessor]);
            }
            ancestors[node] = before;
        }
        Some(ancestors)
    }

    /// The nodes all of whose paths lead to `join`: they serve nothing else.
    pub(crate) fn feeding_only(&self, join: usize, order: &[usize]) -> Vec<usize> {
        let mut feeding = Set::new(self.incoming.len());
        feeding.insert(join);
        let mut found = Vec::new();
        for node in order.iter().rev().copied().filter(|node| *node != join) {
            let mut next = self.successors(node).peekable();
            if next.peek().is_some() && next.all(|next| feeding.contains(next)) {
                feeding.insert(node);
                found.push(node);
            }
        }
        found.reverse();
        found
    }
}

/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set(Vec<u64>);

impl Set {
    pub(crate) fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    pub(crate) fn insert(&mut self, member: usize) {
        self.0[member / 64] |= 1 << (member % 64);
    }

    pub(crate) fn contains(&self, member: usize) -> bool {
        self.0[member / 64] >> (member % 64) & 1 == 1
    }

    pub(crate) fn unite(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|member| self.contains(*member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_named_once_each() {
        let graph = Graph::new(7, vec![(0, 1), (1, 2), (2, 3), (3, 1), (2, 1), (4, 4), (5, 6)]);
        assert_eq!(graph.cycles(), [vec![1, 2], vec![4]]);
        assert_eq!(graph.order(), None);
        assert!(graph.ancestors().is_none());
    }

    #[test]
    fn order_ancestors_and_feeders_of_a_diamond() {
        // 0 → 1, 2 → 3; 2 also feeds 4; 3 → 5.
        let graph = Graph::new(6, vec![(0, 1), (0, 2), (1, 3), (2, 3), (2, 4), (3, 5)]);
        let order = graph.order().unwrap();
        assert_eq!(order[0], 0);
        let ancestors = graph.ancestors().unwrap();
        assert_eq!(ancestors[3].iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(graph.feeding_only(3, &order), [1]);
        assert_eq!(graph.feeding_only(5, &order), [1, 3]);
        assert_eq!(graph.reachable(2).iter().collect::<Vec<_>>(), [2, 3, 4, 5]);
    }
}
