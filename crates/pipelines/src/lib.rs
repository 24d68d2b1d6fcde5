//! Pipelines: definition, validation, and the machine of a DAG.
//!
//! A person writes a [`Definition`]; [`validate`] finds everything that is wrong with it at once.
//! A run is pinned to the definition and to all that it may come to use, put together as [`Pinned`].
//! From that a [`Program`] is loaded, parsed once and shared, and a [`PipelineMachine`] folds the
//! run's journal and decides what its nodes want.

mod definition;
mod node_types;
mod schema;

mod catalog;
mod validation;

mod inputs;
mod pinned;
mod program;

mod machine;

mod graph;
mod parts;
mod shape;

pub use catalog::{AnyCatalog, Catalog};
pub use definition::*;
pub use machine::{
    AGENT_MACHINE, DEFAULT_EFFECT_TIMEOUT, ItemsView, MAX_MAP_ITEMS, NodeView, PIPELINE_BEHAVIOUR,
    PIPELINE_MACHINE, PipelineMachine, nodes_view,
};
pub use node_types::{NodeType, node_types};
pub use pinned::{AgentTask, Pinned, PinnedAgent, PinnedPipeline, PinnedTool, ToolCall, UsedNames};
pub use program::{BrokenProgram, Program};
pub use schema::definition_schema;
pub use validation::{MAX_FAULTS, MAX_HTTP_TIMEOUT, validate, validate_text};
