//! Waiting for what happens outside, and taking it in.

use gathering_domain::Failure;
use gathering_engine::{Input, Reservation};
use gathering_storage::{InboxRow, load_inbox};
use tokio::time::Instant;

use super::{After, Drive};
use crate::{flight, inbox, machines::guarded};

/// How many answers are taken in before the run steps; the rest wait for the next step.
const MAX_INPUTS_PER_STEP: usize = 256;
/// How many bytes of answers are taken in before the run steps, as far as they can be told.
const MAX_INPUT_BYTES_PER_STEP: usize = 16 * 1024 * 1024;

/// How many steps are taken on answers that are there already before the inbox is looked after.
const MAX_UNLOOKED: u32 = 16;

impl Drive {
    /// Waits for something to happen and takes it in, with all else that has happened by then.
    pub(super) async fn wait(&mut self) -> After {
        self.unlooked += 1;
        let mut next = if self.unlooked < MAX_UNLOOKED { self.flights.ready() } else { None };
        if next.is_none() {
            self.unlooked = 0;
            let alarm = self.wake_at.map(|at| Instant::now() + at.since(self.shared.now()).std());
            next = tokio::select! {
                biased;
                () = self.driven.poked.notified() => None,
                input = self.flights.next() => Some(input),
                () = sleep_until(alarm) => return After::GoOn,
                () = self.shared.stopping.cancelled() => return After::GoOn,
            };
            if next.is_none() {
                Box::pin(self.read_inbox()).await;
                next = self.flights.ready();
            }
        }
        let mut bytes = 0;
        for taken in 1.. {
            let Some(input) = next else { break };
            bytes += flight::weight(&input);
            if let Err(failure) = self.input(input) {
                return After::Fail(failure);
            }
            if taken == MAX_INPUTS_PER_STEP || bytes > MAX_INPUT_BYTES_PER_STEP {
                break;
            }
            next = self.flights.ready();
        }
        After::GoOn
    }

    pub(super) fn input(&mut self, input: Input) -> Result<(), Failure> {
        let granted = match &input {
            Input::Reserved { key, answer: Reservation::Granted } => Some(key.clone()),
            _ => None,
        };
        let meant = guarded(|| self.execution.input(input, self.shared.ambient()))?;
        if let Some(key) = granted.filter(|_| !meant) {
            self.give_back(&Input::Reserved { key, answer: Reservation::Granted });
        }
        Ok(())
    }

    pub(super) async fn read_inbox(&mut self) {
        let run_id = self.known.context.run_id;
        let read = load_inbox(&self.shared.parts.database, run_id);
        match self.flights.while_waiting(read).await {
            Ok(Some((rows, pokes))) => self.take_rows(rows, pokes),
            Ok(None) => {}
            Err(error) => {
                // The rows stay, and so does the difference of pokes: parking finds them again.
                tracing::warn!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not read the inbox");
            }
        }
    }

    pub(super) fn take_rows(&mut self, rows: Vec<InboxRow>, pokes: i64) {
        self.inbox.pokes = pokes;
        for row in rows {
            if !self.inbox.done.contains(&row.key) {
                self.inbox.done.push(row.key);
                self.execution.input(inbox::input(row.message), self.shared.ambient());
            }
        }
    }
}

pub(super) async fn sleep_until(alarm: Option<Instant>) {
    match alarm {
        Some(alarm) => tokio::time::sleep_until(alarm).await,
        None => std::future::pending().await,
    }
}
