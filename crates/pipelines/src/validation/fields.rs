//! Each node's own fields: expressions, schemas, durations, and what its type does not take.

use std::collections::HashSet;

use gathering_domain::{Duration, Fault, Pointer};
use gathering_engine::MAX_TIMEOUT;
use gathering_tools::Schema;
use serde_json::{Map, Value};

use super::{Sketch, node_place};
use crate::{
    catalog::Catalog,
    definition::{ActionConfig, ERROR_LABEL, Node, NodeKind, PipelineLimits},
    node_types,
    parts::Reader,
};

/// The longest time limit of an HTTP request: no connection is waited on for longer.
pub const MAX_HTTP_TIMEOUT: Duration = Duration::from_secs(3_600);

impl Sketch {
    pub(super) fn check_fields(&self, reader: &mut Reader, faults: &mut Vec<Fault>) {
        for (at, node) in self.known_nodes() {
            let place = node_place(at);
            reader.work(node, &place);
            check_unused(node, &place, faults);
            check_times(node, &place, faults);
            check_schemas(node, &place, faults);
            if let NodeKind::Switch(switch) = &node.kind {
                let mut names = HashSet::from([ERROR_LABEL, "default"]);
                for (case_at, case) in switch.cases.iter().enumerate() {
                    if !names.insert(case.name.as_str()) {
                        let pointer =
                            place.child("config").child("cases").child(case_at).child("name");
                        let message = format!("the label `{}` is taken", case.name);
                        faults.push(Fault::new(pointer, "duplicate_label", message));
                    }
                }
            }
        }
    }
}

/// What stands beside the nodes: the input's schema, inline agents, outputs, limits.
pub(super) fn check_document_parts(
    document: &Value,
    catalog: &dyn Catalog,
    reader: &mut Reader,
    faults: &mut Vec<Fault>,
) {
    let root = Pointer::root();
    if let Some(schema) = document.get("inputs") {
        check_schema(schema, &root.child("inputs"), faults);
    }
    if let Some(outputs) = document.get("outputs").filter(|outputs| outputs.is_object()) {
        reader.value(&root.child("outputs"), outputs);
    }
    let limits = document.get("limits").cloned().unwrap_or_default();
    if let Ok(PipelineLimits { timeout: Some(timeout), .. }) = serde_json::from_value(limits) {
        check_duration(timeout, MAX_TIMEOUT, &root.child("limits").child("timeout"), faults);
    }
    let mut names = HashSet::new();
    for (at, agent) in inline_agents(document).enumerate() {
        let Some(agent) = agent else { continue };
        let place = root.child("agents").child(at);
        let name = agent.get("name").and_then(Value::as_str);
        if name.is_some_and(|name| !names.insert(name)) {
            let message = "an earlier agent has this name";
            faults.push(Fault::new(place.child("name"), "duplicate_agent", message));
        }
        for fault in catalog.check_agent(agent) {
            let pointer = Pointer::from_text(format!("{place}{}", fault.pointer));
            faults.push(Fault { pointer, ..fault });
        }
    }
}

/// The agents that live in the document; `None` for what is no object.
pub(super) fn inline_agents(document: &Value) -> impl Iterator<Item = Option<&Map<String, Value>>> {
    let agents = document.get("agents").and_then(Value::as_array);
    agents.into_iter().flatten().map(Value::as_object)
}

fn check_unused(node: &Node, place: &Pointer, faults: &mut Vec<Fault>) {
    let mut takes: Vec<&str> = node_types::fields(node.kind.type_name()).to_vec();
    match &node.kind {
        NodeKind::Action(ActionConfig::Http(_) | ActionConfig::Notify(_)) => {
            takes.retain(|field| *field != "input");
        }
        NodeKind::Action(ActionConfig::EmitEvent(_)) => {
            takes.retain(|field| !["input", "retry", "timeout"].contains(field));
        }
        _ => {}
    }
    let given = [
        ("input", node.input.is_some()),
        ("retry", node.retry.is_some()),
        ("timeout", node.timeout.is_some()),
        ("cost", node.cost.is_some()),
        ("on_error", node.on_error.is_some()),
        ("join", !node.join.is_default()),
    ];
    let mut unused: Vec<&str> = given
        .iter()
        .filter(|(field, given)| *given && !takes.contains(field))
        .map(|(f, _)| *f)
        .collect();
    if let NodeKind::Map(map) = &node.kind
        && map.agent.is_none()
        && node.cost.is_some()
    {
        unused.push("cost");
    }
    for field in unused {
        let message =
            format!("a node of the type `{}` takes no `{field}` here", node.kind.type_name());
        faults.push(Fault::new(place.child(field), "field_not_used", message));
    }
}

fn check_times(node: &Node, place: &Pointer, faults: &mut Vec<Fault>) {
    if let Some(timeout) = node.timeout {
        let most = match &node.kind {
            NodeKind::Action(ActionConfig::Http(_) | ActionConfig::Notify(_)) => MAX_HTTP_TIMEOUT,
            _ => MAX_TIMEOUT,
        };
        check_duration(timeout, most, &place.child("timeout"), faults);
    }
    if let NodeKind::Approval(approval) = &node.kind
        && let Some(deadline) = approval.deadline
    {
        check_duration(deadline, MAX_TIMEOUT, &place.child("config").child("deadline"), faults);
    }
    if let Some(retry) = &node.retry {
        let policy = retry.policy();
        let place = place.child("retry");
        for (key, delay) in [("first_delay", policy.first_delay), ("max_delay", policy.max_delay)] {
            if delay > MAX_TIMEOUT {
                check_duration(delay, MAX_TIMEOUT, &place.child(key), faults);
            }
        }
        if policy.first_delay > policy.max_delay {
            let message = format!("longer than `max_delay`, which is {}", policy.max_delay);
            faults.push(Fault::new(place.child("first_delay"), "out_of_range", message));
        }
    }
}

fn check_duration(duration: Duration, most: Duration, pointer: &Pointer, faults: &mut Vec<Fault>) {
    if duration == Duration::ZERO || duration > most {
        let message = format!("a time limit is more than 0s and at most {most}");
        faults.push(Fault::new(pointer.clone(), "out_of_range", message));
    }
}

fn check_schemas(node: &Node, place: &Pointer, faults: &mut Vec<Fault>) {
    let (key, schema) = match &node.kind {
        NodeKind::Agent(agent) => ("output_schema", &agent.output_schema),
        NodeKind::Map(map) => ("output_schema", &map.output_schema),
        NodeKind::Approval(approval) => ("form", &approval.form),
        _ => return,
    };
    if let Some(schema) = schema {
        check_schema(schema, &place.child("config").child(key), faults);
    }
}

fn check_schema(schema: &Value, pointer: &Pointer, faults: &mut Vec<Fault>) {
    if (schema.is_object() || schema.is_boolean())
        && let Err(invalid) = Schema::compile(schema)
    {
        faults.push(Fault::new(pointer.clone(), "invalid_schema", invalid.to_string()));
    }
}
