//! Previews: tokens on their way, shown to whoever looks on this instance, and never state.

use std::sync::Arc;

use gathering_domain::{ProjectId, RunId};
use gathering_engine::Key;
use tokio::sync::broadcast;

/// How many previews a reader may lag behind before it loses some.
const KEPT: usize = 1_024;

/// A piece of an answer that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The project.
    pub project_id: ProjectId,
    /// The run.
    pub run_id: RunId,
    /// The topmost ancestor of the run.
    pub root_id: RunId,
    /// The model call.
    pub key: Key,
    /// Which attempt of it: an earlier one's pieces are void.
    pub attempt: u32,
    /// The text that was added.
    pub text: String,
    /// Whether it is thought, not answer.
    pub reasoning: bool,
}

/// Shows previews. Cheap to clone; never waits for a reader.
#[derive(Debug, Clone)]
pub struct Previews {
    sender: broadcast::Sender<Arc<Preview>>,
}

impl Previews {
    /// Whether anybody looks, so that previews are worth making.
    pub fn watched(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Shows a piece to whoever looks now.
    pub fn show(&self, preview: Preview) {
        if self.watched() {
            // Nobody left meanwhile is fine: it is a preview.
            let _ = self.sender.send(Arc::new(preview));
        }
    }

    pub(super) fn watch(&self) -> broadcast::Receiver<Arc<Preview>> {
        self.sender.subscribe()
    }
}

impl Default for Previews {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(KEPT) }
    }
}
