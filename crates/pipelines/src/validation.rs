//! Everything wrong with a definition, at once, each fault with its place and a stable code.

mod fields;
mod references;
mod structure;

use std::collections::HashMap;

pub use fields::MAX_HTTP_TIMEOUT;
use gathering_domain::{Fault, Pointer};
use serde_json::Value;

use crate::{
    catalog::Catalog,
    definition::{Definition, Edge, Format, MAX_EDGES, MAX_NODES, Node, read},
    graph::Graph,
    parts::Reader,
    shape,
};

/// Most faults that one validation reports.
pub const MAX_FAULTS: usize = 100;

/// Reads and checks a document.
pub fn validate_text(
    text: &str,
    format: Format,
    catalog: &dyn Catalog,
) -> Result<Definition, Vec<Fault>> {
    let document = read(text, format).map_err(|fault| vec![fault])?;
    validate(&document, catalog)
}

/// Checks a document: its shape, its graph, its expressions and what it refers to.
pub fn validate(document: &Value, catalog: &dyn Catalog) -> Result<Definition, Vec<Fault>> {
    check_size(document).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    shape::check_document(document, &mut faults);
    if !document.is_object() {
        return Err(faults);
    }
    let sketch = Sketch::read(document, &mut faults);
    if faults.len() <= MAX_FAULTS {
        let mut reader = Reader::default();
        sketch.check_structure(&mut faults);
        sketch.check_fields(&mut reader, &mut faults);
        fields::check_document_parts(document, catalog, &mut reader, &mut faults);
        sketch.check_names(document, catalog, &mut faults);
        faults.append(&mut reader.faults);
        sketch.check_references(document, &reader.uses, &mut faults);
    }
    if faults.is_empty() {
        match serde_json::from_value(document.clone()) {
            Ok(definition) => return Ok(definition),
            Err(error) => {
                faults.push(Fault::new(Pointer::root(), "invalid_value", error.to_string()));
            }
        }
    }
    faults.truncate(MAX_FAULTS);
    Err(faults)
}

impl Definition {
    /// Reads a YAML document and checks it by itself, without a catalog of what else exists.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Fault>> {
        validate_text(text, Format::Yaml, &crate::AnyCatalog)
    }

    /// Reads a JSON document and checks it by itself, without a catalog of what else exists.
    pub fn from_json(text: &str) -> Result<Self, Vec<Fault>> {
        validate_text(text, Format::Json, &crate::AnyCatalog)
    }
}

/// What must hold before anything else is looked at, so that checking ends fast.
fn check_size(document: &Value) -> Result<(), Fault> {
    let count = |key: &str| document.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    for (key, code, most) in
        [("nodes", "too_many_nodes", MAX_NODES), ("edges", "too_many_edges", MAX_EDGES)]
    {
        if count(key) > most {
            let message =
                format!("a pipeline has at most {most} {key}, and this has {}", count(key));
            return Err(Fault::new(Pointer::root().child(key), code, message));
        }
    }
    let mut values = 0;
    measure(document, 0, &mut values)
}

/// Values that did not come through [`read`], such as request bodies, have the same bounds.
fn measure(value: &Value, depth: usize, values: &mut usize) -> Result<(), Fault> {
    use crate::definition::{MAX_DOCUMENT_VALUES, MAX_NESTING};
    *values += 1;
    if *values > MAX_DOCUMENT_VALUES {
        let message = format!("more than {MAX_DOCUMENT_VALUES} values");
        return Err(Fault::new(Pointer::root(), "document_too_large", message));
    }
    if depth > MAX_NESTING {
        let message = format!("nested more than {MAX_NESTING} levels deep");
        return Err(Fault::new(Pointer::root(), "nested_too_deeply", message));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| measure(item, depth + 1, values)),
        Value::Object(members) => {
            members.values().try_for_each(|member| measure(member, depth + 1, values))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// As much of a definition as could be read; checks go on with that.
pub(crate) struct Sketch {
    /// The ids, also of nodes that are broken otherwise.
    pub(crate) ids: Vec<Option<String>>,
    index: HashMap<String, usize>,
    pub(crate) nodes: Vec<Option<Node>>,
    pub(crate) edges: Vec<Option<Edge>>,
    /// The graph of all edges whose ends exist.
    pub(crate) graph: Graph,
    /// For each edge of the graph its place in the document.
    pub(crate) places: Vec<usize>,
}

impl Sketch {
    fn read(document: &Value, faults: &mut Vec<Fault>) -> Self {
        let empty = Vec::new();
        let list = |key: &str| document.get(key).and_then(Value::as_array).unwrap_or(&empty);
        let mut nodes = Vec::new();
        for (at, value) in list("nodes").iter().enumerate() {
            let before = faults.len();
            shape::check_node(value, &node_place(at), faults);
            let node = serde_json::from_value::<Node>(value.clone());
            if let Err(error) = &node
                && faults.len() == before
            {
                faults.push(Fault::new(node_place(at), "invalid_value", error.to_string()));
            }
            nodes.push(node.ok());
            if faults.len() > MAX_FAULTS {
                break;
            }
        }
        let id = |node: &Value| node.get("id").and_then(Value::as_str).map(str::to_owned);
        let ids: Vec<_> = list("nodes").iter().map(id).collect();
        nodes.resize(ids.len(), None);
        let edges: Vec<Option<Edge>> =
            list("edges").iter().map(|edge| serde_json::from_value(edge.clone()).ok()).collect();
        let mut index = HashMap::new();
        for (at, id) in ids.iter().enumerate() {
            if let Some(id) = id {
                index.entry(id.clone()).or_insert(at);
            }
        }
        let find = |name: &str| index.get(name).copied();
        let known: Vec<(usize, (usize, usize))> = edges
            .iter()
            .enumerate()
            .filter_map(|(at, edge)| {
                let edge = edge.as_ref()?;
                Some((at, (find(edge.from.as_str())?, find(edge.to.as_str())?)))
            })
            .collect();
        let places = known.iter().map(|(at, _)| *at).collect();
        let graph = Graph::new(ids.len(), known.into_iter().map(|(_, ends)| ends).collect());
        Self { ids, index, nodes, edges, graph, places }
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// The nodes that could be read, with their places.
    pub(crate) fn known_nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, node.as_ref()?)))
    }
}

pub(crate) fn node_place(at: usize) -> Pointer {
    Pointer::root().child("nodes").child(at)
}

pub(crate) fn edge_place(at: usize) -> Pointer {
    Pointer::root().child("edges").child(at)
}
