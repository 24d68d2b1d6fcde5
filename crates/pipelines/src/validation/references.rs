//! What expressions and nodes refer to: other nodes, variables, secrets, agents, tools, pipelines, channels.

use std::collections::HashSet;

use gathering_domain::{Fault, Pointer};
use serde_json::Value;

use super::{Sketch, fields::inline_agents, node_place};
use crate::{
    catalog::Catalog,
    definition::{ActionConfig, NodeKind},
    parts::Use,
};

impl Sketch {
    /// Names of agents, tools, pipelines and channels.
    pub(super) fn check_names(
        &self,
        document: &Value,
        catalog: &dyn Catalog,
        faults: &mut Vec<Fault>,
    ) {
        let inline: HashSet<&str> =
            inline_agents(document).filter_map(|agent| agent?.get("name")?.as_str()).collect();
        for (at, node) in self.known_nodes() {
            let place = node_place(at).child("config");
            if let NodeKind::Action(ActionConfig::Notify(notify)) = &node.kind {
                if !catalog.has_channel(&notify.channel) {
                    let message = format!("there is no channel `{}`", notify.channel);
                    faults.push(Fault::new(place.child("channel"), "unknown_channel", message));
                }
                continue;
            }
            let (agent, tool, pipeline) = match &node.kind {
                NodeKind::Agent(agent) => (Some(&agent.agent), None, None),
                NodeKind::Tool(tool) => (None, Some(&tool.tool), None),
                NodeKind::Pipeline(child) => (None, None, Some(&child.pipeline)),
                NodeKind::Action(ActionConfig::StartPipeline(start)) => {
                    (None, None, Some(&start.pipeline))
                }
                NodeKind::Map(map) => {
                    (map.agent.as_ref(), map.tool.as_ref(), map.pipeline.as_ref())
                }
                _ => continue,
            };
            let mut missing = |what: &str, name: &String| {
                let message = format!("there is no {what} `{name}`");
                faults.push(Fault::new(place.child(what), &format!("unknown_{what}"), message));
            };
            if let Some(name) = agent
                && !inline.contains(name.as_str())
                && !catalog.has_agent(name)
            {
                missing("agent", name);
            }
            if let Some(name) = tool
                && !catalog.has_tool(name)
            {
                missing("tool", name);
            }
            if let Some(name) = pipeline
                && !catalog.has_pipeline(name)
            {
                missing("pipeline", name);
            }
        }
    }

    /// Names inside expressions.
    pub(super) fn check_references(&self, document: &Value, uses: &[Use], faults: &mut Vec<Fault>) {
        let ancestors = self.graph.ancestors();
        let vars = document.get("vars").and_then(Value::as_object);
        for used in uses {
            let mut fault = |code: &str, message: String| {
                faults.push(Fault::new(used.pointer.clone(), code, message));
            };
            let place = place_of(&used.pointer);
            for name in &used.references.nodes {
                let Some(node) = self.find(name) else {
                    fault("unknown_node", format!("there is no node `{name}`"));
                    continue;
                };
                if let (Some(place), Some(ancestors)) = (place, &ancestors)
                    && !ancestors[place].contains(node)
                {
                    let message = format!("`{name}` does not come before this node");
                    fault("node_not_upstream", message);
                }
            }
            for name in &used.references.vars {
                if !vars.is_some_and(|vars| vars.contains_key(name)) {
                    fault("unknown_variable", format!("there is no variable `{name}` in `vars`"));
                }
            }
            if used.references.item && !used.item_allowed {
                let message = "`item` exists only in the `task` and `input` of a map";
                fault("item_outside_map", message.to_owned());
            }
            if !used.references.secrets.is_empty() && !used.secrets_allowed {
                let message = "secrets are for the url, headers and body of an http action";
                fault("secret_not_allowed", message.to_owned());
            }
        }
    }
}

/// The place in the list of nodes that a pointer leads into, if it does.
fn place_of(pointer: &Pointer) -> Option<usize> {
    pointer.as_str().strip_prefix("/nodes/")?.split('/').next()?.parse().ok()
}
