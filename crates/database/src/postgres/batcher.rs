//! Group commit: a task that commits what is waiting as one transaction, then answers each caller.

use deadpool_postgres::ClientWrapper;
use tokio::sync::oneshot;

use super::connect::{Connection, Connector, answer};
use super::errors::is_collision;
use super::{gone, pipeline, singly};
use crate::{Applied, Error, Result, Unit, limits};

/// Work for a batcher.
pub(crate) enum Message {
    Apply(Unit, Reply),
    /// Ends one batcher, after what was queued before.
    End,
}

/// Where a caller waits.
pub(crate) type Reply = oneshot::Sender<Result<Applied>>;

/// Commits batches on a connection of its own.
pub(crate) struct Batcher {
    connector: Connector,
    connection: Option<Connection>,
    queue: flume::Receiver<Message>,
    #[cfg(feature = "sabotage")]
    sabotage: crate::Sabotage,
}

impl Batcher {
    pub(crate) fn new(
        connector: Connector,
        queue: flume::Receiver<Message>,
        #[cfg(feature = "sabotage")] sabotage: crate::Sabotage,
    ) -> Self {
        Self {
            connector,
            connection: None,
            queue,
            #[cfg(feature = "sabotage")]
            sabotage,
        }
    }

    pub(crate) async fn run(mut self) {
        while let Ok(Message::Apply(unit, reply)) = self.queue.recv_async().await {
            let mut batch = vec![(unit, reply)];
            let mut ending = false;
            while batch.len() < limits::GROUP_JOBS_MAX && !ending {
                match self.queue.try_recv() {
                    Ok(Message::Apply(unit, reply)) => batch.push((unit, reply)),
                    Ok(Message::End) => ending = true,
                    Err(_) => break,
                }
            }
            self.settle(batch).await;
            if ending {
                return;
            }
        }
    }

    /// Applies a batch and answers its callers.
    async fn settle(&mut self, batch: Vec<(Unit, Reply)>) {
        let (units, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let units: Vec<_> = units.iter().collect();
        #[cfg(feature = "sabotage")]
        if self.sabotage == crate::Sabotage::AcknowledgeBeforeCommit {
            if let Ok(connection) = self.connector.connect().await {
                pipeline::acknowledge_before_commit(&connection.client, &units, replies).await;
            }
            return;
        }
        let results = match self.apply(&units).await {
            Ok(results) => results,
            Err(error) => {
                self.recover(&error).await;
                units.iter().map(|_| Err(error.clone())).collect()
            }
        };
        for (reply, result) in replies.into_iter().zip(results) {
            let _ = reply.send(result);
        }
    }

    async fn apply(&mut self, units: &[&Unit]) -> Result<Vec<Result<Applied>>> {
        let connection = match self.connection.take().filter(|open| !open.ended.is_cancelled()) {
            Some(open) => open,
            None => self.connector.connect().await?,
        };
        let client = &self.connection.insert(connection).client;
        answer(limits::ANSWER_WAIT, apply(client, units)).await
    }

    /// After a lost connection, waits until its transaction has ended, so that callers who are told that
    /// the outcome is unknown can read it.
    async fn recover(&mut self, error: &Error) {
        if !matches!(error, Error::Lost { .. } | Error::Unavailable { .. }) {
            return;
        }
        let Some(lost) = self.connection.take() else { return };
        let backend = lost.backend;
        drop(lost);
        match gone::replace(&self.connector, backend).await {
            Ok(connection) => self.connection = Some(connection),
            Err(error) => {
                tracing::warn!(error = %error, "could not confirm the end of a lost session");
            }
        }
    }
}

/// Applies units as one group, or, if that fails, each for itself.
async fn apply(client: &ClientWrapper, units: &[&Unit]) -> Result<Vec<Result<Applied>>> {
    match pipeline::apply_all(client, units).await {
        Ok(applied) => return Ok(applied.into_iter().map(Ok).collect()),
        Err(error @ (Error::Lost { .. } | Error::Unavailable { .. })) => return Err(error),
        Err(error) if units.len() == 1 && !is_collision(&error) => return Ok(vec![Err(error)]),
        Err(_) => {}
    }
    let mut results: Vec<Option<Result<Applied>>> = units.iter().map(|_| None).collect();
    let mut left: Vec<usize> = (0..units.len()).collect();
    for attempt in 0..limits::COLLISION_ATTEMPTS {
        let group: Vec<_> = left.iter().map(|number| units[*number]).collect();
        let group = match singly::apply_each(client, &group).await {
            Ok(group) => group,
            Err(error) if is_collision(&error) => left.iter().map(|_| Err(error.clone())).collect(),
            Err(error) => return Err(error),
        };
        for (number, result) in left.iter().zip(group) {
            results[*number] = Some(result);
        }
        left.retain(|number| matches!(&results[*number], Some(Err(error)) if is_collision(error)));
        if left.is_empty() {
            break;
        }
        super::pause(attempt).await;
    }
    Ok(results.into_iter().map(|result| result.unwrap_or(Err(Error::Closed))).collect())
}
