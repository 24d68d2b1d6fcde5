//! The definitions to which runs are pinned: references in their first entry, machines from those.

mod kept;
mod load;
mod pin;
pub(crate) mod references;
pub(crate) mod stored;

pub use load::Definitions;
pub(crate) use pin::{KnownTurns, Pinner, Wanted};
pub use references::{AgentRef, PipelineRef, PipelineRefs};
pub(crate) use stored::Stored;
