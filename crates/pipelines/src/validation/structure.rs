//! The graph: ids, edges, labels, the trigger, cycles, what cannot be reached, joins.

use std::collections::HashSet;

use gathering_domain::Fault;

use super::{Sketch, edge_place, node_place};
use crate::{
    definition::{ERROR_LABEL, Edge, Join, Node, NodeKind, OnError},
    node_types,
};

/// Most nodes of a cycle that a message names.
const MAX_NAMED: usize = 20;

impl Sketch {
    pub(super) fn check_structure(&self, faults: &mut Vec<Fault>) {
        self.check_ids(faults);
        self.check_triggers(faults);
        self.check_edges(faults);
        self.check_cycles(faults);
        self.check_reach(faults);
        for (at, node) in self.known_nodes() {
            self.check_join(at, node, faults);
            self.check_on_error(at, node, faults);
        }
    }

    fn name(&self, at: usize) -> &str {
        self.ids[at].as_deref().unwrap_or("?")
    }

    fn check_ids(&self, faults: &mut Vec<Fault>) {
        for (at, id) in self.ids.iter().enumerate() {
            if let Some(id) = id
                && self.find(id) != Some(at)
            {
                let message = format!("the id `{id}` is taken by an earlier node");
                faults.push(Fault::new(node_place(at).child("id"), "duplicate_id", message));
            }
        }
    }

    fn triggers(&self) -> impl Iterator<Item = usize> {
        self.known_nodes()
            .filter(|(_, node)| matches!(node.kind, NodeKind::Trigger(_)))
            .map(|(at, _)| at)
    }

    fn check_triggers(&self, faults: &mut Vec<Fault>) {
        let unreadable = self.nodes.iter().any(Option::is_none);
        let mut triggers = self.triggers();
        if triggers.next().is_none() && !unreadable {
            let place = gathering_domain::Pointer::root().child("nodes");
            let message = "a pipeline has one node of the type `trigger`";
            faults.push(Fault::new(place, "missing_trigger", message));
        }
        for at in triggers {
            let message = "a pipeline has only one trigger";
            faults.push(Fault::new(node_place(at).child("type"), "duplicate_trigger", message));
        }
    }

    fn check_edges(&self, faults: &mut Vec<Fault>) {
        let mut seen = HashSet::new();
        for (at, edge) in self.edges.iter().enumerate() {
            let Some(edge) = edge else { continue };
            for (key, name) in [("from", &edge.from), ("to", &edge.to)] {
                if self.find(name.as_str()).is_none() {
                    let message = format!("there is no node `{name}`");
                    faults.push(Fault::new(edge_place(at).child(key), "unknown_node", message));
                }
            }
            if !seen.insert(edge) {
                let message = format!("a second edge from `{}` to `{}`", edge.from, edge.to);
                faults.push(Fault::new(edge_place(at), "duplicate_edge", message));
            }
            let end = |name: &str| self.find(name).and_then(|node| self.nodes[node].as_ref());
            if end(edge.to.as_str()).is_some_and(|node| matches!(node.kind, NodeKind::Trigger(_))) {
                let message = "nothing comes before the trigger";
                faults.push(Fault::new(edge_place(at).child("to"), "edge_into_trigger", message));
            }
            if let Some(from) = end(edge.from.as_str()) {
                check_label(at, edge, from, faults);
            }
        }
    }

    fn check_cycles(&self, faults: &mut Vec<Fault>) {
        for cycle in self.graph.cycles() {
            let mut names: Vec<&str> =
                cycle.iter().take(MAX_NAMED).map(|at| self.name(*at)).collect();
            names.push(if cycle.len() > MAX_NAMED { "…" } else { self.name(cycle[0]) });
            let message = format!("nodes wait for each other: {}", names.join(" → "));
            faults.push(Fault::new(node_place(cycle[0]), "cycle", message));
        }
    }

    fn check_reach(&self, faults: &mut Vec<Fault>) {
        let Some(trigger) = self.triggers().next() else { return };
        // An edge that could not be read may be the one that reaches a node.
        if self.edges.iter().any(Option::is_none) {
            return;
        }
        let reached = self.graph.reachable(trigger);
        for at in (0..self.ids.len()).filter(|at| !reached.contains(*at)) {
            let is_trigger =
                self.nodes[at].as_ref().is_some_and(|n| matches!(n.kind, NodeKind::Trigger(_)));
            let known = self.ids[at].as_deref().is_some_and(|id| self.find(id) == Some(at));
            if known && !is_trigger {
                let message = format!("no path leads from the trigger to `{}`", self.name(at));
                faults.push(Fault::new(node_place(at), "unreachable_node", message));
            }
        }
    }

    fn check_join(&self, at: usize, node: &Node, faults: &mut Vec<Fault>) {
        let edges = self.graph.incoming[at].len();
        if let Join::AtLeast(count) = node.join
            && count.get() as usize > edges
        {
            let message = format!("waits for {count} edges, and only {edges} lead here");
            faults.push(Fault::new(node_place(at).child("join"), "join_out_of_range", message));
        }
    }

    fn check_on_error(&self, at: usize, node: &Node, faults: &mut Vec<Fault>) {
        let routed = self.graph.outgoing[at].iter().any(|edge| {
            let edge = self.edges[self.places[*edge]].as_ref();
            edge.is_some_and(|edge| edge.when.as_deref() == Some(ERROR_LABEL))
        });
        let message = match (node.on_error, routed) {
            (Some(OnError::Route), false) => "`route` needs an edge with `when: error`",
            (Some(OnError::Fail | OnError::Continue), true) => {
                "an edge with `when: error` needs `route`"
            }
            _ => return,
        };
        faults.push(Fault::new(node_place(at).child("on_error"), "error_edge_mismatch", message));
    }
}

fn check_label(at: usize, edge: &Edge, from: &Node, faults: &mut Vec<Fault>) {
    let Some(label) = edge.when.as_deref() else { return };
    let mut labels: Vec<&str> = node_types::labels(from.kind.type_name()).to_vec();
    if let NodeKind::Switch(switch) = &from.kind {
        labels.extend(switch.cases.iter().map(|case| case.name.as_str()));
    }
    if node_types::fields(from.kind.type_name()).contains(&"on_error") {
        labels.push(ERROR_LABEL);
    }
    if !labels.contains(&label) {
        let message = format!(
            "`{}` never ends with `{label}`; its outcomes are {}",
            edge.from,
            if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
        );
        faults.push(Fault::new(edge_place(at).child("when"), "unknown_label", message));
    }
}
