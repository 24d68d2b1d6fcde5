//! Pipelines: definition, validation, and the machine of a DAG.

mod definition;
mod node_types;
mod schema;

mod catalog;
mod validation;

mod inputs;

mod graph;
mod parts;
mod shape;

pub use catalog::{AnyCatalog, Catalog};
pub use definition::*;
pub use node_types::{NodeType, node_types};
pub use schema::definition_schema;
pub use validation::{MAX_FAULTS, validate, validate_text};
