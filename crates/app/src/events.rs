//! Events: the log as the world may see it, exactly resumable, and previews of tokens.

use gathering_domain::{ProjectId, RunId, Timestamp};
use serde_json::Value;

/// Something that happened, after its commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Its place in the log: what a reader resumes after. None for a preview.
    pub position: Option<i64>,
    /// Unique, and the same each time the event is read.
    pub id: String,
    /// What kind of event: `run.started`, `run.node.succeeded`, `approval.requested`, ….
    pub event_type: String,
    /// What it is about: `run/run_…`, or what an `emit_event` action names.
    pub subject: String,
    /// When it happened.
    pub at: Timestamp,
    /// The project that owns it.
    pub project_id: ProjectId,
    /// The rest.
    pub data: Value,
}

/// Which events a subscriber gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those of this run and of its descendants.
    pub run_id: Option<RunId>,
    /// Those whose type is one of these or begins with one that ends in `.*`; all if empty.
    pub types: Vec<String>,
    /// Whether previews of tokens come too.
    pub previews: bool,
}

/// What a subscriber is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// An event.
    Event(Envelope),
    /// The subscriber was too slow and has been cut off; it resumes after this position.
    Lagged {
        /// The last position that it was given.
        resume_after: i64,
    },
}
