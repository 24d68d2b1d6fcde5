//! What a definition may refer to outside itself, as its caller knows it.

use gathering_domain::Fault;
use serde_json::{Map, Value};

/// Names that exist in the project. Faults are relative to what was given.
pub trait Catalog {
    /// Whether there is an agent of this name.
    fn has_agent(&self, name: &str) -> bool;

    /// Whether there is a tool of this name.
    fn has_tool(&self, name: &str) -> bool;

    /// Whether there is a pipeline of this name.
    fn has_pipeline(&self, name: &str) -> bool;

    /// Whether there is a channel of this name.
    fn has_channel(&self, name: &str) -> bool;

    /// Everything wrong with an agent that lives in the definition.
    fn check_agent(&self, agent: &Map<String, Value>) -> Vec<Fault> {
        let _ = agent;
        Vec::new()
    }
}

/// A catalog in which every name exists: checks a definition by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyCatalog;

impl Catalog for AnyCatalog {
    fn has_agent(&self, _name: &str) -> bool {
        true
    }

    fn has_tool(&self, _name: &str) -> bool {
        true
    }

    fn has_pipeline(&self, _name: &str) -> bool {
        true
    }

    fn has_channel(&self, _name: &str) -> bool {
        true
    }
}
