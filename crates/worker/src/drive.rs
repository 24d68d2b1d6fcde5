//! Drives one run: inputs in, steps out, each step durable before anything acts on it.

mod waiting;

mod endings;
mod grants;

use std::sync::Arc;

use gathering_domain::{Failure, Timestamp, Waiting};
use gathering_engine::{Action, Execution, Input, LedgerChange, Limit, NewChild, Step};
use gathering_storage::{Append, InboxRow, Recovered};

use crate::{
    appending::{self, InboxRead, Prepared},
    children::{self, Created},
    flight::{self, Flights},
    heard::Asked,
    machines::guarded,
    performer::RunContext,
    places::Driven,
    recovery::Recovery,
    shared::{Incarnation, Shared},
    writing::{Unwritten, write},
};

/// Why this process no longer drives a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It has ended.
    Finished {
        /// Whether it counted against the limit of a key.
        limited: bool,
    },
    /// It waits, until a time or until something happens.
    Parked {
        /// The time.
        wake_at: Option<Timestamp>,
        /// For what.
        waiting: Waiting,
        /// Whether it counted against the limit of a key.
        limited: bool,
    },
    /// It was given back so that the process can stop.
    Released,
    /// It belongs to somebody else, or the instance was declared dead.
    Lost,
    /// It could not be read or written; its owner keeps it until a later look.
    Stuck,
}

impl Ended {
    /// The word that traces use.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Finished { .. } => "finished",
            Self::Parked { .. } => "parked",
            Self::Released => "released",
            Self::Lost => "lost",
            Self::Stuck => "stuck",
        }
    }
}

/// What is known of a run beside its fold.
pub(crate) struct Known {
    pub(crate) context: Arc<RunContext>,
    /// How often it had been claimed when it came here; nothing where that was not told.
    pub(crate) claims: Option<i64>,
    /// Whether it counts against the limit of a key.
    pub(crate) limited: bool,
}

/// A run in the hands of this process.
pub(crate) struct Drive {
    shared: Arc<Shared>,
    incarnation: Incarnation,
    known: Known,
    execution: Execution,
    inbox: InboxRead,
    recovered: Option<Recovered>,
    flights: Flights,
    asked: grants::Asked,
    driven: Driven,
    wake_at: Option<Timestamp>,
    /// Steps since the inbox was looked after.
    unlooked: u32,
    /// Whether the run was made to end because its machine or its steps are of no use.
    failed: bool,
}

/// What to do after a step.
enum After {
    GoOn,
    End(Ended),
    /// The run can never go on as it is: it must end with this failure.
    Fail(Failure),
    /// Another run's attempt of this effect may have happened.
    Held(LedgerChange),
}

impl Drive {
    /// Takes a run that was folded.
    pub(crate) fn new(
        shared: Arc<Shared>,
        incarnation: Incarnation,
        known: Known,
        execution: Execution,
        driven: Driven,
    ) -> Self {
        Self {
            shared,
            incarnation,
            known,
            execution,
            inbox: InboxRead::default(),
            recovered: None,
            flights: Flights::default(),
            asked: grants::Asked::default(),
            driven,
            wake_at: None,
            unlooked: 0,
            failed: false,
        }
    }

    /// With what it was told before it came here.
    pub(crate) fn told(mut self, rows: Vec<InboxRow>, pokes: i64) -> Self {
        self.take_rows(rows, pokes);
        self
    }

    /// With what its recoveries mean.
    pub(crate) fn recovered(mut self, recovery: Recovery) -> Self {
        match recovery {
            Recovery::None => {}
            Recovery::Progressed(recovered) => self.recovered = Some(recovered),
            Recovery::Poisoned => {
                let poisoned = Input::Limit { limit: Limit::Recoveries, key: None };
                self.execution.input(poisoned, self.shared.ambient());
            }
        }
        self
    }

    /// Drives the run until it ends, waits, or is taken away.
    pub(crate) async fn run(mut self) -> Ended {
        let ended = self.steps().await;
        for answer in self.flights.unread() {
            self.give_back(&answer);
        }
        if let Ended::Parked { waiting: Waiting::Child, .. } = ended {
            self.keep();
        }
        ended
    }

    async fn steps(&mut self) -> Ended {
        loop {
            if self.shared.stopping.is_cancelled() {
                return Box::pin(self.release()).await;
            }
            let after = match guarded(|| self.execution.step(self.shared.ambient())) {
                Ok(step) => self.take(step).await,
                Err(failure) => After::Fail(failure),
            };
            let after = match after {
                After::GoOn => self.wait().await,
                after => after,
            };
            match after {
                After::GoOn => {}
                After::End(ended) => return ended,
                After::Fail(failure) => {
                    if let Some(ended) = Box::pin(self.fail(failure)).await {
                        return ended;
                    }
                }
                After::Held(change) => {
                    if let Some(ended) = Box::pin(self.held(change)).await {
                        return ended;
                    }
                }
            }
        }
    }

    /// Makes a step durable, then acts on it.
    async fn take(&mut self, mut step: Step) -> After {
        self.wake_at = step.wake_at;
        let actions = std::mem::take(&mut step.actions);
        let finished = step.finished.as_ref().map(|finished| finished.outcome.status);
        let parked = step.parked;
        let inbox =
            InboxRead { done: std::mem::take(&mut self.inbox.done), pokes: self.inbox.pokes };
        let created = match self.create(std::mem::take(&mut step.children)).await {
            Ok(created) => created,
            Err(after) => return after,
        };
        let grants = self.asked.changes(&step, self.execution.state());
        let prepared = appending::prepare(
            &self.shared,
            &self.known.context,
            self.incarnation.id,
            step,
            (inbox, self.recovered.take()),
            grants,
            (self.execution.state(), created),
        );
        let limited = self.known.limited;
        let (mut owned, mut asked) = (true, None);
        if let Some(Prepared { append, children, left }) = prepared {
            asked = Some(Asked::now(&self.shared));
            let written = write(&self.shared, &self.incarnation, append);
            match self.flights.while_waiting(written).await {
                Ok(appended) => {
                    owned = appended.owned;
                    self.asked.written();
                    for told in &appended.told {
                        self.shared.wake(told.run_id, told.owner);
                    }
                    children::begin(&self.shared, &self.incarnation, (children, left));
                }
                Err(unwritten) => return self.unwritten(unwritten),
            }
        }
        if let Some(status) = finished {
            tracing::info!(run.status = status.as_str(), "a run has ended");
            return After::End(Ended::Finished { limited });
        }
        match parked {
            Some(parked) if !owned => {
                let (wake_at, waiting) = (parked.wake_at, parked.waiting);
                return After::End(Ended::Parked { wake_at, waiting, limited });
            }
            // Something was put into the inbox while the run was being parked.
            Some(_) => self.driven.poked.notify_one(),
            None => {}
        }
        if let Some(asked) =
            asked.filter(|asked| !actions.is_empty() && asked.is_stale(&self.shared))
            && let Err(after) = Box::pin(self.still_owned(asked)).await
        {
            return after;
        }
        self.act(actions);
        After::GoOn
    }

    /// Waits until the store says, in good time, that this instance may still act for the run. One that
    /// was paused since a step became durable may have been declared dead meanwhile: what the step began
    /// belongs to somebody else then, who asks what became of it.
    async fn still_owned(&mut self, mut asked: Asked) -> Result<(), After> {
        let (run_id, project_id) = (self.known.context.run_id, self.known.context.project_id);
        while asked.is_stale(&self.shared) {
            tracing::warn!(run.id = %run_id, "a step took long: asking whether the run is still this instance's");
            asked = Asked::now(&self.shared);
            // The fence of an append without entries says it.
            let fence = Append::new(self.incarnation.id, run_id, project_id, self.shared.now());
            let written = write(&self.shared, &self.incarnation, fence);
            if let Err(unwritten) = self.flights.while_waiting(written).await {
                return Err(self.unwritten(unwritten));
            }
        }
        Ok(())
    }

    /// Prepares the children of a step.
    async fn create(&mut self, children: Vec<NewChild>) -> Result<Created, After> {
        let Some(started) = self.execution.state().started().filter(|_| !children.is_empty())
        else {
            return Ok(Created::default());
        };
        let parent = (self.known.context.as_ref(), started);
        let created = children::create(&self.shared, parent, self.incarnation.id, children);
        self.flights.while_waiting(Box::pin(created)).await.map_err(|error| {
            let (run_id, cause) = (self.known.context.run_id, &error as &dyn std::error::Error);
            tracing::error!(run.id = %run_id, error = cause, "could not prepare a child run");
            if error.may_pass() {
                After::End(Ended::Stuck)
            } else {
                After::Fail(Failure::fatal("child_unusable", error.to_string()))
            }
        })
    }

    fn unwritten(&self, unwritten: Unwritten) -> After {
        match unwritten {
            Unwritten::Lost => After::End(Ended::Lost),
            Unwritten::Held(change) => After::Held(change),
            Unwritten::Ungranted => After::End(Ended::Stuck),
            Unwritten::Refused(error) => {
                let (run_id, cause) = (self.known.context.run_id, &error as &dyn std::error::Error);
                tracing::error!(run.id = %run_id, error = cause, "the store refuses a step");
                After::Fail(Failure::fatal("step_refused", error.to_string()))
            }
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        let shared = Arc::clone(&self.shared);
        let performers = &shared.skills().performers;
        for action in actions {
            match action {
                Action::Perform(order) => {
                    let key = order.effect.key.clone();
                    let run = Arc::clone(&self.known.context);
                    self.flights.begin(key, flight::attempt(performers, order, run));
                }
                Action::Reconcile(order) => {
                    let key = order.effect.key.clone();
                    let run = Arc::clone(&self.known.context);
                    self.flights.begin(key, flight::reconcile(performers, order, run));
                }
                Action::Reserve { key, spend } => self.reserve(key, spend),
                Action::Drop(key) => {
                    for answer in self.flights.drop_key(&key) {
                        self.give_back(&answer);
                    }
                }
            }
        }
    }
}
