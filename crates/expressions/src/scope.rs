//! What an expression can see: the values behind its names.

use std::{collections::BTreeMap, fmt, sync::Arc};

use minijinja::{
    Error, ErrorKind, Value,
    value::{Enumerator, Object, Serde},
};

/// The names that expressions may use.
pub const ROOT_NAMES: [&str; 5] = ["input", "nodes", "item", "run", "vars"];

/// Which names a source may use: those of a run, or one that whoever evaluates it gives a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names(pub(crate) &'static [&'static str]);

impl Names {
    /// Those of a run: [`ROOT_NAMES`], and `secret('NAME')`.
    pub const RUN: Self = Self(&ROOT_NAMES);
    /// `event`: what has happened.
    pub const EVENT: Self = Self(&["event"]);
    /// `request`: what came from outside.
    pub const REQUEST: Self = Self(&["request"]);

    /// Whether they are those of a run.
    pub(crate) fn are_of_a_run(self) -> bool {
        self == Self::RUN
    }
}

/// The values of one run at one moment. Cheap to clone: clones share their values.
#[derive(Clone)]
pub struct Scope {
    input: Value,
    vars: Value,
    run: Value,
    item: Option<Value>,
    secret: Option<Value>,
    nodes: Arc<BTreeMap<String, Value>>,
    other_nodes: Option<Value>,
    /// A name that is none of a run, with its value.
    named: Option<(&'static str, Value)>,
}

impl Scope {
    /// A scope of the run's `input` alone: no nodes, no variables.
    pub fn new(input: &serde_json::Value) -> Self {
        let empty = Value::from(Serde(serde_json::Map::new()));
        Self {
            input: Value::from(Serde(input)),
            vars: empty.clone(),
            run: empty,
            item: None,
            secret: None,
            nodes: Arc::default(),
            other_nodes: None,
            named: None,
        }
    }

    /// A scope of `event` alone.
    pub fn of_event(event: &serde_json::Value) -> Self {
        Self::of("event", event)
    }

    /// A scope of `request` alone.
    pub fn of_request(request: &serde_json::Value) -> Self {
        Self::of("request", request)
    }

    fn of(name: &'static str, value: &serde_json::Value) -> Self {
        let named = Some((name, Value::from(Serde(value))));
        Self { named, ..Self::new(&serde_json::Value::Null) }
    }

    /// Sets what `vars` holds.
    pub fn set_vars(&mut self, vars: &serde_json::Value) {
        self.vars = Value::from(Serde(vars));
    }

    /// Sets what `run` holds.
    pub fn set_run(&mut self, run: &serde_json::Value) {
        self.run = Value::from(Serde(run));
    }

    /// Sets what `nodes.<id>` holds.
    pub fn set_node(&mut self, id: &str, node: &serde_json::Value) {
        Arc::make_mut(&mut self.nodes).insert(id.to_owned(), Value::from(Serde(node)));
    }

    /// Sets what `nodes.<id>` holds for every id that was not set. Without it they are undefined.
    pub fn set_other_nodes(&mut self, node: &serde_json::Value) {
        self.other_nodes = Some(Value::from(Serde(node)));
    }

    /// The same scope in which `item` is the given value.
    pub fn with_item(&self, item: &serde_json::Value) -> Self {
        Self { item: Some(Value::from(Serde(item))), ..self.clone() }
    }

    /// The same scope in which `secret('NAME')` gives what `marker` makes of the name.
    /// Without it, a use of `secret` fails.
    pub fn with_secrets(
        &self,
        marker: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let secret = Value::from_function(move |name: &str| {
            marker(name).ok_or_else(|| {
                Error::new(ErrorKind::InvalidOperation, format!("`{name}` is no name of a secret"))
            })
        });
        Self { secret: Some(secret), ..self.clone() }
    }

    pub(crate) fn root(&self) -> Value {
        Value::from_object(Root(self.clone()))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("nodes", &self.nodes.keys()).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Root(Scope);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let scope = &self.0;
        match key.as_str()? {
            "input" => Some(scope.input.clone()),
            "nodes" => {
                Some(Value::from_object(Nodes(Arc::clone(&scope.nodes), scope.other_nodes.clone())))
            }
            "item" => scope.item.clone(),
            "run" => Some(scope.run.clone()),
            "vars" => Some(scope.vars.clone()),
            "secret" => scope.secret.clone(),
            name => {
                scope.named.as_ref().filter(|(named, _)| *named == name).map(|(_, v)| v.clone())
            }
        }
    }
}

#[derive(Debug)]
struct Nodes(Arc<BTreeMap<String, Value>>, Option<Value>);

impl Object for Nodes {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).or(self.1.as_ref()).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|id| Value::from(id.as_str())).collect())
    }
}
