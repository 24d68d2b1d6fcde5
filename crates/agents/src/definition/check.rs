//! Checks a definition: every fault at once, each at its place.

use std::{collections::BTreeMap, sync::LazyLock};

use gathering_domain::{Duration, Fault, HostPattern, Pointer, Slug};
use gathering_llm::ModelRef;
use gathering_tools::{Schema, Toolbox};
use serde::Deserialize as _;
use serde_json::Value;

use super::AgentDefinition;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::compile(&AgentDefinition::json_schema()).expect("the derived schema is one")
});

pub(super) fn definition(
    document: &Value,
    tools: Option<&Toolbox>,
) -> Result<AgentDefinition, Vec<Fault>> {
    let mut faults = SCHEMA.faults(document);
    // What no schema says is checked on the document itself, so that a fault elsewhere hides none.
    texts(document, &mut faults);
    models(document, &mut faults);
    tool_names(document, tools, &mut faults);
    hosts(document, &mut faults);
    output_schema(document, &mut faults);
    if !faults.is_empty() {
        faults.sort_by(|one, other| one.pointer.cmp(&other.pointer));
        return Err(faults);
    }
    AgentDefinition::deserialize(document)
        .map_err(|fault| vec![Fault::new(Pointer::root(), "malformed", fault.to_string())])
}

fn root(key: &str) -> Pointer {
    Pointer::root().child(key)
}

/// Says better than a pattern what a name or a duration looks like.
fn texts(document: &Value, faults: &mut Vec<Fault>) {
    if let Some(Err(fault)) = document["name"].as_str().map(str::parse::<Slug>) {
        replace(faults, Fault::new(root("name"), "invalid_name", fault.to_string()));
    }
    if let Some(Err(fault)) = document["limits"]["timeout"].as_str().map(str::parse::<Duration>) {
        let place = root("limits").child("timeout");
        replace(faults, Fault::new(place, "invalid_duration", fault.to_string()));
    }
}

fn models(document: &Value, faults: &mut Vec<Fault>) {
    let mut first_at: BTreeMap<&str, Pointer> = BTreeMap::new();
    let fallbacks = document["fallbacks"].as_array().into_iter().flatten().enumerate();
    let fallbacks = fallbacks.map(|(i, model)| (root("fallbacks").child(i), model));
    for (place, model) in std::iter::once((root("model"), &document["model"])).chain(fallbacks) {
        let Some(text) = model.as_str() else { continue };
        if let Err(fault) = text.parse::<ModelRef>() {
            replace(faults, Fault::new(place, "invalid_model", fault.to_string()));
        } else if let Some(first) = first_at.get(text) {
            let message = format!("`{text}` stands at {first} already");
            faults.push(Fault::new(place, "duplicate", message));
        } else {
            first_at.insert(text, place);
        }
    }
}

fn tool_names(document: &Value, tools: Option<&Toolbox>, faults: &mut Vec<Fault>) {
    let mut first_at: BTreeMap<&str, Pointer> = BTreeMap::new();
    for (i, tool) in document["tools"].as_array().into_iter().flatten().enumerate() {
        let place = root("tools").child(i);
        let (name, place) = match tool {
            Value::String(name) => (name.as_str(), place),
            tool => (tool["name"].as_str().unwrap_or_default(), place.child("name")),
        };
        if name.is_empty() {
            continue;
        }
        if let Err(fault) = name.parse::<Slug>() {
            replace(faults, Fault::new(place, "invalid_name", fault.to_string()));
        } else if let Some(first) = first_at.get(name) {
            let message = format!("`{name}` stands at {first} already");
            faults.push(Fault::new(place, "duplicate", message));
        } else {
            if let Some(Err(unknown)) = tools.map(|tools| tools.get(name)) {
                faults.push(Fault::new(place.clone(), "unknown_tool", unknown.to_string()));
            }
            first_at.insert(name, place);
        }
    }
}

/// The lists of hosts of the agent and of its tools.
fn hosts(document: &Value, faults: &mut Vec<Fault>) {
    let tools = document["tools"].as_array().into_iter().flatten().enumerate();
    let tools = tools.map(|(i, tool)| (root("tools").child(i).child("hosts"), &tool["hosts"]));
    let own = (root("egress").child("hosts"), &document["egress"]["hosts"]);
    for (place, hosts) in std::iter::once(own).chain(tools) {
        let hosts = hosts.as_array().into_iter().flatten().enumerate();
        for (i, text) in hosts.filter_map(|(i, host)| Some((i, host.as_str()?))) {
            if let Err(invalid) = text.parse::<HostPattern>() {
                faults.push(Fault::new(place.child(i), "invalid_host", invalid.to_string()));
            }
        }
    }
}

fn output_schema(document: &Value, faults: &mut Vec<Fault>) {
    let schema = &document["output_schema"];
    if schema.is_null() {
        return;
    }
    if let Err(fault) = Schema::compile(schema) {
        faults.push(Fault::new(root("output_schema"), "invalid_schema", fault.to_string()));
    }
}

/// Puts `fault` in place of what the schema said there.
fn replace(faults: &mut Vec<Fault>, fault: Fault) {
    faults.retain(|earlier| earlier.pointer != fault.pointer);
    faults.push(fault);
}
