//! How a run is let go other than by its own end: made to fail, given back, or kept for its children.

use gathering_domain::Failure;
use gathering_engine::{Input, LedgerChange};
use gathering_storage::{RunChange, load};

use super::{After, Drive, Ended, waiting::sleep_until};
use crate::{
    appending::{self, InboxRead},
    flight::Flights,
    folded::Kept,
    machines::{fold, fold_failed, guarded},
    writing::{Unwritten, write},
};

impl Drive {
    /// Makes the run end with a failure, from what is in its log.
    pub(super) async fn fail(&mut self, failure: Failure) -> Option<Ended> {
        for answer in self.flights.unread() {
            self.give_back(&answer);
        }
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

    /// Goes on from what is in the log, with an attempt that may have been made by another run: its
    /// target or a person is asked.
    pub(super) async fn held(&mut self, change: LedgerChange) -> Option<Ended> {
        let (run_id, key) = (self.known.context.run_id, &change.key);
        tracing::error!(run.id = %run_id, %key, "another run may have made this attempt: it is not made");
        self.flights = Flights::default();
        self.give_all_back();
        self.inbox = InboxRead::default();
        let loaded = match load(&self.shared.parts.database, run_id).await {
            Ok(Some(loaded)) if loaded.row.owner == Some(self.incarnation.id) => loaded,
            Ok(_) => return Some(Ended::Lost),
            Err(error) => {
                tracing::error!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not read the run");
                return Some(Ended::Stuck);
            }
        };
        let machines = self.shared.skills().machines.as_ref();
        match fold(machines, loaded.row.project_id, run_id, loaded.entries).await {
            Ok(execution) => self.execution = execution,
            Err(error) => {
                tracing::error!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not fold the run");
                return Some(Ended::Stuck);
            }
        }
        self.take_rows(loaded.inbox, loaded.row.pokes);
        let LedgerChange { key, attempt, effect_id, kind, .. } = change;
        let held = Input::Held { key, attempt, effect_id, kind };
        self.execution.input(held, self.shared.ambient());
        None
    }

    /// Lets what is in flight end within the grace time, writes what comes of it at once, so that it is
    /// kept if the process is ended before, and gives the run back with its journal complete. A cancel
    /// still reaches it.
    pub(super) async fn release(&mut self) -> Ended {
        let stop_by = self.shared.stop_by();
        while !self.flights.is_empty() && self.execution.state().cancel().is_none() {
            if let Err(ended) = self.put_down(RunChange::None).await {
                return ended;
            }
            tokio::select! {
                input = self.flights.next() => {
                    let mut next = Some(input);
                    while let Some(input) = next {
                        if self.input(input).is_err() {
                            return Ended::Stuck;
                        }
                        next = self.flights.ready();
                    }
                }
                () = self.driven.poked.notified() => self.read_inbox().await,
                () = sleep_until(Some(stop_by)) => break,
            }
        }
        if self.execution.state().cancel().is_some()
            && let Ok(step) = guarded(|| self.execution.step(self.shared.ambient()))
            && let After::End(ended) = self.take(step).await
        {
            return ended;
        }
        match self.put_down(RunChange::Released).await {
            Ok(()) => Ended::Released,
            Err(ended) => ended,
        }
    }

    /// Writes what inputs have written, without going on with the run.
    async fn put_down(&mut self, change: RunChange) -> Result<(), Ended> {
        let (step, releases) = (self.execution.written(), matches!(change, RunChange::Released));
        if !step.is_durable() && self.inbox.done.is_empty() && !releases {
            return Ok(());
        }
        let done = std::mem::take(&mut self.inbox.done);
        let inbox = InboxRead { done, pokes: self.inbox.pokes };
        let (context, instance) = (&self.known.context, self.incarnation.id);
        let grants = self.asked.changes(&step, self.execution.state());
        let mut append = appending::written(&self.shared, context, instance, step, inbox, grants);
        append.change = change;
        let written = write(&self.shared, &self.incarnation, append);
        match self.flights.while_waiting(written).await {
            Ok(_) => {
                self.asked.written();
                Ok(())
            }
            // It begins nothing, so nothing of it can be held, and it uses no grants.
            Err(Unwritten::Lost | Unwritten::Held(_) | Unwritten::Ungranted) => Err(Ended::Lost),
            Err(Unwritten::Refused(error)) => {
                tracing::warn!(run.id = %context.run_id, error = &error as &dyn std::error::Error, "could not write the last of the run; it will be taken over");
                Err(Ended::Lost)
            }
        }
    }

    /// Keeps the fold of a run that was parked to wait for its children.
    pub(super) fn keep(self) {
        // Its seat is given up only when the fold is where the next claim looks for it.
        let Self { shared, known, execution, failed, driven: _seat, .. } = self;
        if let (false, Some(claims)) = (failed, known.claims) {
            let (context, limited) = (known.context, known.limited);
            shared.folded.keep(Kept { execution, context, limited, claims });
        }
    }
}
