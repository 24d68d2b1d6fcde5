//! One run, with all that a person asks of it.

use gathering_domain::{Permission, RunId};
use gathering_engine::{Payload, RunState};
use gathering_storage::load;
use serde_json::Value;

use super::{Run, Runs};
use crate::{Caller, Error, Result};

impl Runs<'_> {
    /// The run of that id.
    pub async fn get(&self, caller: &Caller, id: RunId) -> Result<Run> {
        let project_id = caller.require_here(Permission::Read)?;
        let loaded = load(self.app.database(), id).await?;
        let loaded = loaded.filter(|loaded| loaded.row.project_id == project_id);
        let loaded = loaded.ok_or_else(|| Error::not_found("run", id))?;
        let state = RunState::fold(&loaded.entries);
        let nothing = || Payload::new(Value::Null);
        let outcome = state.finished();
        let cancel_waits = loaded.inbox.iter().any(|row| row.key == "cancel");
        let mut run = Run {
            input: state.started().map_or_else(nothing, |started| Payload::clone(&started.input)),
            output: outcome.map_or_else(nothing, |outcome| Payload::clone(&outcome.output)),
            error: outcome.and_then(|outcome| outcome.error.clone()),
            cancel_requested: state.cancel().is_some() || cancel_waits,
            entries: state.next_seq(),
            summary: loaded.row.into(),
        };
        run.summary.usage = state.usage();
        Ok(run)
    }
}
