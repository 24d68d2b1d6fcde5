//! Claiming: which runs an instance may take, and their release.

use gathering_domain::{RunId, RunStatus, Timestamp};

use super::{Instance, RunRow, Store};

impl Store {
    /// Gives unowned runs that have something to do to an instance, oldest first.
    pub(super) fn claim(&mut self, instance: Instance, room: usize, now: Timestamp) -> Vec<RunId> {
        let claimable = self.runs.values_mut().filter(|run| run.is_claimable(now));
        let mut claimed = Vec::new();
        for run in claimable.take(room) {
            // A run that was at work when its owner died is recovered.
            if run.status == RunStatus::Running {
                run.recoveries += 1;
            }
            run.status = RunStatus::Running;
            run.owner = Some(instance);
            run.wake_at = None;
            claimed.push(run.id);
        }
        claimed
    }

    /// Whether a run has not ended.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.runs.values().any(|run| !run.status.is_final())
    }
}

impl RunRow {
    /// Whether nobody owns the run and there is something to do for it.
    pub(crate) fn is_claimable(&self, now: Timestamp) -> bool {
        self.owner.is_none()
            && match self.status {
                RunStatus::Queued | RunStatus::Running => true,
                RunStatus::Waiting => {
                    !self.inbox.is_empty() || self.wake_at.is_some_and(|wake_at| wake_at <= now)
                }
                RunStatus::Succeeded
                | RunStatus::Failed
                | RunStatus::Cancelled
                | RunStatus::TimedOut => false,
            }
    }
}
