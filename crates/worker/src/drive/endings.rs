//! How a run is let go other than by its own end: made to fail, given back, or kept for its children.

use gathering_domain::Failure;
use gathering_storage::load;

use super::{After, Drive, Ended, sleep_until};
use crate::{
    appending,
    flight::Flights,
    folded::Kept,
    machines::{fold_failed, guarded},
    writing::{Unwritten, write},
};

impl Drive {
    /// Makes the run end with a failure, from what is in its log.
    pub(super) async fn fail(&mut self, failure: Failure) -> Option<Ended> {
        self.flights = Flights::default();
        self.inbox.done.clear();
        if std::mem::replace(&mut self.failed, true) {
            // Not even its end can be written.
            return Some(Ended::Stuck);
        }
        let run_id = self.known.context.run_id;
        let loaded = match load(&self.shared.parts.database, run_id).await {
            Ok(Some(loaded)) if loaded.row.owner == Some(self.incarnation.id) => loaded,
            Ok(_) => return Some(Ended::Lost),
            Err(error) => {
                tracing::error!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not read the run");
                return Some(Ended::Stuck);
            }
        };
        match fold_failed(run_id, failure, loaded.entries) {
            Ok(execution) => {
                self.execution = execution;
                self.inbox.pokes = loaded.row.pokes;
                None
            }
            Err(error) => {
                tracing::error!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not fold the run");
                Some(Ended::Stuck)
            }
        }
    }

    /// Lets what is in flight end within the grace time, writes what came of it, and gives the run
    /// back with its journal complete. A cancel still reaches it.
    pub(super) async fn release(&mut self) -> Ended {
        let stop_by = self.shared.stop_by();
        while !self.flights.is_empty() {
            tokio::select! {
                input = self.flights.next() => {
                    if self.input(input).is_err() {
                        return Ended::Stuck;
                    }
                }
                () = self.driven.poked.notified() => {
                    self.read_inbox().await;
                    if self.execution.state().cancel().is_some() {
                        break;
                    }
                }
                () = sleep_until(Some(stop_by)) => break,
            }
        }
        if self.execution.state().cancel().is_some()
            && let Ok(step) = guarded(|| self.execution.step(self.shared.ambient()))
            && let After::End(ended) = self.take(step).await
        {
            return ended;
        }
        let step = self.execution.written();
        let inbox = std::mem::take(&mut self.inbox);
        let (context, instance) = (&self.known.context, self.incarnation.id);
        let append = appending::release(&self.shared, context, instance, step, inbox);
        match write(&self.shared, &self.incarnation, append).await {
            Ok(_) => Ended::Released,
            Err(Unwritten::Lost) => Ended::Lost,
            Err(Unwritten::Refused(error)) => {
                tracing::warn!(run.id = %context.run_id, error = &error as &dyn std::error::Error, "could not give the run back; it will be taken over");
                Ended::Lost
            }
        }
    }

    /// Keeps the fold of a run that was parked to wait for its children.
    pub(super) fn keep(self) {
        // Its seat is given up only when the fold is where the next claim looks for it.
        let Self { shared, known, execution, failed, driven: _seat, .. } = self;
        if let (false, Some(claims)) = (known.limited || failed, known.claims) {
            shared.folded.keep(Kept { execution, context: known.context, claims });
        }
    }
}
