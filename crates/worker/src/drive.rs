//! Drives one run: inputs in, steps out, each step durable before anything acts on it.

use std::sync::Arc;

use gathering_domain::Timestamp;
use gathering_engine::{Action, Execution, Input, Limit, Step};
use gathering_storage::{AppendError, InboxRow, LoadedRun, Recovered, load, load_inbox};
use tokio::time::Instant;

use crate::{
    appending::{self, InboxRead, Prepared},
    children,
    flight::{self, Flights},
    inbox,
    machines::fold,
    performer::RunContext,
    places::Driven,
    shared::{Incarnation, Shared},
};

/// How often in a row one run may be folded afresh before it is let go.
const MAX_RELOADS: u32 = 5;
/// How often in a row a run may be recovered without progress before it fails as poisoned.
const MAX_RECOVERIES: u32 = 5;
/// How many answers are taken in before the run steps; the rest wait for the next step.
const MAX_INPUTS_PER_STEP: usize = 256;

/// Why this process no longer drives a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It has ended.
    Finished,
    /// It waits, until this time or until something happens.
    Parked(Option<Timestamp>),
    /// It was given back so that the process can stop.
    Released,
    /// It belongs to somebody else, or the instance was declared dead.
    Lost,
    /// It could not be written; its owner keeps it until the next look.
    Stuck,
}

/// A run in the hands of this process.
pub(crate) struct Drive {
    shared: Arc<Shared>,
    incarnation: Incarnation,
    context: Arc<RunContext>,
    execution: Execution,
    inbox: InboxRead,
    recovered: Option<Recovered>,
    flights: Flights,
    driven: Driven,
    wake_at: Option<Timestamp>,
    reloads: u32,
}

/// What to do after a step.
enum After {
    GoOn,
    End(Ended),
    /// The fold may be ahead of the log: fold again.
    Reload,
}

impl Drive {
    /// Takes a run that is already in memory.
    pub(crate) fn new(
        shared: Arc<Shared>,
        incarnation: Incarnation,
        context: RunContext,
        execution: Execution,
        driven: Driven,
    ) -> Self {
        Self {
            shared,
            incarnation,
            context: Arc::new(context),
            execution,
            inbox: InboxRead::default(),
            recovered: None,
            flights: Flights::default(),
            driven,
            wake_at: None,
            reloads: 0,
        }
    }

    /// Takes a run as the store has it: with what its inbox holds, and after a recovery too many,
    /// with the limit that ends it.
    pub(crate) fn loaded(
        shared: Arc<Shared>,
        incarnation: Incarnation,
        loaded: LoadedRun,
        execution: Execution,
        driven: Driven,
    ) -> Self {
        let context = RunContext::of(&loaded.row);
        let mut drive = Self::new(shared, incarnation, context, execution, driven);
        drive.recover(&loaded);
        drive.take_rows(loaded.inbox, loaded.row.pokes);
        drive
    }

    /// Drives the run until it ends, waits, or is taken away.
    pub(crate) async fn run(mut self) -> Ended {
        let fenced = self.incarnation.fenced.clone();
        tokio::select! {
            ended = self.steps() => ended,
            () = fenced.cancelled() => Ended::Lost,
        }
    }

    async fn steps(&mut self) -> Ended {
        loop {
            if self.shared.stopping.is_cancelled() {
                return self.release().await;
            }
            let step = self.execution.step(self.shared.ambient());
            self.wake_at = step.wake_at;
            match self.take(step).await {
                After::GoOn => self.wait().await,
                After::End(ended) => return ended,
                After::Reload => {
                    if let Some(ended) = self.reload().await {
                        return ended;
                    }
                }
            }
        }
    }

    /// Makes a step durable, then acts on it.
    async fn take(&mut self, mut step: Step) -> After {
        let actions = std::mem::take(&mut step.actions);
        let (finished, parked) = (step.finished.is_some(), step.parked);
        let inbox =
            InboxRead { done: std::mem::take(&mut self.inbox.done), pokes: self.inbox.pokes };
        let prepared = appending::prepare(
            &self.shared,
            &self.context,
            self.incarnation.id,
            step,
            inbox,
            self.execution.state(),
        )
        .await;
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                tracing::error!(run.id = %self.context.run_id, error = &error as &dyn std::error::Error, "could not prepare a step");
                return After::Reload;
            }
        };
        let mut owned = true;
        if let Some(Prepared { mut append, children }) = prepared {
            append.recovered = self.recovered.take();
            match self.shared.parts.writer.append(append).await {
                Ok(appended) => {
                    owned = appended.owned;
                    for told in &appended.told {
                        self.shared.wake(told.run_id, told.owner);
                    }
                    children::begin(&self.shared, &self.incarnation, children);
                }
                Err(error) => return self.refused(&error),
            }
        }
        self.reloads = 0;
        if finished {
            return After::End(Ended::Finished);
        }
        match parked {
            Some(parked) if !owned => return After::End(Ended::Parked(parked.wake_at)),
            // Something was put into the inbox while the run was being parked.
            Some(_) => self.driven.poked.notify_one(),
            None => {}
        }
        self.act(actions);
        After::GoOn
    }

    fn refused(&self, error: &AppendError) -> After {
        match error {
            AppendError::Fenced => {
                self.incarnation.fenced.cancel();
                After::End(Ended::Lost)
            }
            AppendError::NotOwner(_) | AppendError::Closed => After::End(Ended::Lost),
            AppendError::Fatal(cause) => {
                tracing::error!(
                    error = cause as &dyn std::error::Error,
                    "the disk refused a commit: stopping at once"
                );
                self.shared.broken.cancel();
                After::End(Ended::Lost)
            }
            error => {
                tracing::warn!(run.id = %self.context.run_id, error = error as &dyn std::error::Error, "folding the run afresh");
                After::Reload
            }
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            let (key, future) = match action {
                Action::Perform(order) => {
                    let key = order.effect.key.clone();
                    (
                        key,
                        flight::attempt(
                            &self.shared.skills().performers,
                            order,
                            Arc::clone(&self.context),
                        ),
                    )
                }
                Action::Reconcile(order) => {
                    let key = order.effect.key.clone();
                    (
                        key,
                        flight::reconcile(
                            &self.shared.skills().performers,
                            order,
                            Arc::clone(&self.context),
                        ),
                    )
                }
                Action::Reserve { key, spend } => {
                    let future = appending::reserve(Arc::clone(&self.shared), key.clone(), spend);
                    (key, future)
                }
                Action::Drop(key) => {
                    self.flights.drop_key(&key);
                    continue;
                }
            };
            self.flights.begin(key, future);
        }
    }

    /// Waits for something to happen and takes it in, with all else that has happened by then.
    async fn wait(&mut self) {
        let alarm = self.wake_at.map(|at| Instant::now() + at.since(self.shared.now()).std());
        let first = tokio::select! {
            input = self.flights.next() => Some(input),
            () = self.driven.poked.notified() => None,
            () = sleep_until(alarm) => return,
            () = self.shared.stopping.cancelled() => return,
        };
        if first.is_none() {
            self.read_inbox().await;
        }
        let mut next = first.or_else(|| self.flights.ready());
        for _ in 0..MAX_INPUTS_PER_STEP {
            let Some(input) = next else { break };
            self.execution.input(input, self.shared.ambient());
            next = self.flights.ready();
        }
    }

    async fn read_inbox(&mut self) {
        match load_inbox(&self.shared.parts.database, self.context.run_id).await {
            Ok(Some((rows, pokes))) => self.take_rows(rows, pokes),
            Ok(None) => {}
            Err(error) => {
                // The rows stay, and so does the difference of pokes: parking finds them again.
                tracing::warn!(run.id = %self.context.run_id, error = &error as &dyn std::error::Error, "could not read the inbox");
            }
        }
    }

    fn take_rows(&mut self, rows: Vec<InboxRow>, pokes: i64) {
        self.inbox.pokes = pokes;
        for row in rows {
            if !self.inbox.done.contains(&row.key) {
                self.inbox.done.push(row.key);
                self.execution.input(inbox::input(row.message), self.shared.ambient());
            }
        }
    }

    /// Counts a recovery: a run that is recovered again and again at the same place is poisoned.
    fn recover(&mut self, loaded: &LoadedRun) {
        let (row, seq) = (&loaded.row, self.execution.state().next_seq());
        if row.recoveries == 0 {
            return;
        }
        if seq > row.recovered_seq {
            self.recovered = Some(Recovered { recoveries: 1, seq });
        } else if row.recoveries > MAX_RECOVERIES {
            self.execution
                .input(Input::Limit { limit: Limit::Recoveries, key: None }, self.shared.ambient());
        }
    }

    /// Folds the run afresh from its log; whatever was in flight is dropped.
    async fn reload(&mut self) -> Option<Ended> {
        self.flights = Flights::default();
        self.inbox.done.clear();
        self.reloads += 1;
        let run_id = self.context.run_id;
        if self.reloads > MAX_RELOADS {
            tracing::error!(run.id = %run_id, "the run's steps cannot be written");
            return Some(Ended::Stuck);
        }
        let mut loaded = match load(&self.shared.parts.database, run_id).await {
            Ok(Some(loaded)) if loaded.row.owner == Some(self.incarnation.id) => loaded,
            Ok(_) => return Some(Ended::Lost),
            Err(error) => {
                tracing::error!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not read the run");
                return Some(Ended::Stuck);
            }
        };
        let entries = std::mem::take(&mut loaded.entries);
        match fold(self.shared.skills().machines.as_ref(), run_id, entries).await {
            Ok(execution) => {
                self.execution = execution;
                self.take_rows(loaded.inbox, loaded.row.pokes);
                None
            }
            Err(error) => {
                tracing::error!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not fold the run");
                Some(Ended::Stuck)
            }
        }
    }

    /// Lets what is in flight end within the grace time, writes what came of it, and gives the run
    /// back with its journal complete.
    async fn release(&mut self) -> Ended {
        let stop_by = self.shared.stop_by();
        while !self.flights.is_empty() {
            tokio::select! {
                input = self.flights.next() => { self.execution.input(input, self.shared.ambient()); }
                () = sleep_until(Some(stop_by)) => break,
            }
        }
        let step = self.execution.written();
        let inbox = std::mem::take(&mut self.inbox);
        let append =
            appending::release(&self.shared, &self.context, self.incarnation.id, step, inbox);
        match self.shared.parts.writer.append(append).await {
            Ok(_) => Ended::Released,
            Err(error) => {
                tracing::warn!(run.id = %self.context.run_id, error = &error as &dyn std::error::Error, "could not give the run back; it will be taken over");
                Ended::Lost
            }
        }
    }
}

async fn sleep_until(alarm: Option<Instant>) {
    match alarm {
        Some(alarm) => tokio::time::sleep_until(alarm).await,
        None => std::future::pending().await,
    }
}
