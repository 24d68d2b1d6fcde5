//! Pipelines: definition, validation, and the machine of a DAG.
//!
//! A person writes a [`Definition`]; [`validate`] finds everything that is wrong with it at once.
//! When a run starts, the definition and all that it may come to use are put together as [`Pinned`],
//! and go into the run's first entry. From there a [`Program`] is loaded, parsed once and shared, and
//! a [`PipelineMachine`] folds the run's journal and decides what its nodes want.

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
pub use pinned::{AgentTask, Pinned, PinnedAgent, PinnedPipeline, PinnedTool, UsedNames};
pub use program::{BrokenProgram, MAX_PROGRAMS, Program, Programs};
pub use schema::definition_schema;
pub use validation::{MAX_FAULTS, validate, validate_text};
