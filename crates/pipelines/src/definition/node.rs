//! One node: what it is called, what it does, what holds for its work.

use gathering_domain::{Duration, Name, Slug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    ActionConfig, AgentConfig, ApprovalConfig, ConditionConfig, DelayConfig, Dollars, Join,
    MapConfig, ParallelConfig, PipelineConfig, Retry, SwitchConfig, ToolConfig, TransformConfig,
    TriggerConfig,
};

/// A part of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "NodeText", into = "NodeText")]
pub struct Node {
    /// How edges and expressions refer to it.
    pub id: Slug,
    /// What it is called, for people.
    pub name: Option<Name>,
    /// What it does.
    pub kind: NodeKind,
    /// A value of templates that is handed to its work.
    pub input: Option<Value>,
    /// When its work is tried again.
    pub retry: Option<Retry>,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// What its agent may spend.
    pub cost: Option<Dollars>,
    /// What its failure means for the run; by default `route` if an edge says `when: error`.
    pub on_error: Option<OnError>,
    /// When it may start, where several edges meet.
    pub join: Join,
}

/// What a node's failure means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The run fails.
    Fail,
    /// The run goes on along the node's edges without label; its output is `none`.
    Continue,
    /// The run goes on along the edges with `when: error`.
    Route,
}

/// A node as files and the API write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Node")]
pub(crate) struct NodeText {
    /// How edges and expressions refer to it.
    #[schemars(schema_with = "crate::schema::slug")]
    id: Slug,
    /// What it does.
    #[serde(rename = "type")]
    #[schemars(schema_with = "crate::schema::node_type")]
    kind: String,
    /// What it is called, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::name")]
    name: Option<Name>,
    /// The settings of its type.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    config: Map<String, Value>,
    /// A value of templates: a tool's arguments, a child pipeline's input, data for an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
    /// When its work is tried again. Of a map: the work of each item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    /// How long one attempt of its work may take. Of a map: the work of each item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::duration")]
    timeout: Option<Duration>,
    /// What its agent may spend, in dollars. Of a map: on each item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::dollars")]
    cost: Option<Dollars>,
    /// What its failure means for the run; by default `route` if an edge says `when: error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_error: Option<OnError>,
    /// When it may start, where several edges meet: `all`, `any` or `n:2`.
    #[serde(default, skip_serializing_if = "Join::is_default")]
    #[schemars(schema_with = "crate::schema::join")]
    join: Join,
}

macro_rules! node_kinds {
    ($($(#[$doc:meta])* $variant:ident($config:ty) = $word:literal;)*) => {
        /// What a node does, with the settings of its type.
        #[derive(Debug, Clone, PartialEq)]
        pub enum NodeKind {
            $($(#[$doc])* $variant($config),)*
        }

        impl NodeKind {
            /// The words for all types, in order of the documentation.
            pub const TYPES: &'static [&'static str] = &[$($word),*];

            /// The word for the type.
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $word,)*
                }
            }

            /// Reads the settings of the type `word`; the error says what is wrong with them.
            pub(crate) fn read(word: &str, config: Map<String, Value>) -> Result<Self, String> {
                match word {
                    $($word => serde_json::from_value::<$config>(Value::Object(config))
                        .map(Self::$variant)
                        .map_err(|error| error.to_string()),)*
                    _ => Err(format!("unknown node type `{word}`")),
                }
            }

            fn write(&self) -> Value {
                match self {
                    $(Self::$variant(config) => serde_json::to_value(config),)*
                }
                .expect("settings have only text keys")
            }

            /// The JSON Schema of the settings of the type `word`.
            pub(crate) fn config_schema(word: &str) -> Option<Value> {
                match word {
                    $($word => Some(crate::schema::inner_schema::<$config>()),)*
                    _ => None,
                }
            }
        }
    };
}

node_kinds! {
    /// The entry.
    Trigger(TriggerConfig) = "trigger";
    /// A turn of an agent.
    Agent(AgentConfig) = "agent";
    /// One call of a tool.
    Tool(ToolConfig) = "tool";
    /// A question with the answers true and false.
    Condition(ConditionConfig) = "condition";
    /// A choice among named branches.
    Switch(SwitchConfig) = "switch";
    /// A fan-out with a limit.
    Parallel(ParallelConfig) = "parallel";
    /// Work on each item of a list.
    Map(MapConfig) = "map";
    /// A child run of another pipeline.
    Pipeline(PipelineConfig) = "pipeline";
    /// A durable wait.
    Delay(DelayConfig) = "delay";
    /// A person's decision.
    Approval(ApprovalConfig) = "approval";
    /// A value built from expressions.
    Transform(TransformConfig) = "transform";
    /// Something done to the world.
    Action(ActionConfig) = "action";
}

impl TryFrom<NodeText> for Node {
    type Error = String;

    fn try_from(text: NodeText) -> Result<Self, String> {
        let NodeText { id, kind, name, config, input, retry, timeout, cost, on_error, join } = text;
        let kind = NodeKind::read(&kind, config)?;
        Ok(Self { id, name, kind, input, retry, timeout, cost, on_error, join })
    }
}

impl From<Node> for NodeText {
    fn from(node: Node) -> Self {
        let config = match node.kind.write() {
            Value::Object(config) => config,
            _ => Map::new(),
        };
        let kind = node.kind.type_name().to_owned();
        let Node { id, name, kind: _, input, retry, timeout, cost, on_error, join } = node;
        Self { id, kind, name, config, input, retry, timeout, cost, on_error, join }
    }
}

impl JsonSchema for Node {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        NodeText::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        NodeText::json_schema(generator)
    }
}
