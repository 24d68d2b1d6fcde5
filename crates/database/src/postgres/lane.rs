//! A lane: a task that applies units in order, each as one transaction, on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connect::{BackendId, Connection, Connector, answer};
use super::{gone, pipeline};
use crate::queue::enqueue;
use crate::{Applied, Error, Result, Unit, limits};

/// The caller's end of a lane.
pub(crate) struct Lane {
    queue: flume::Sender<Message>,
    pid: Arc<AtomicI32>,
}

enum Message {
    Apply(Unit, oneshot::Sender<Result<Applied>>),
    Recover(oneshot::Sender<Result<()>>),
}

impl Lane {
    pub(crate) async fn open(
        connector: Connector,
        tasks: &TaskTracker,
        closing: CancellationToken,
        #[cfg(feature = "sabotage")] sabotage: crate::Sabotage,
    ) -> Result<Self> {
        let connection = connector.connect().await?;
        let pid = Arc::new(AtomicI32::new(connection.backend.pid));
        let (queue, messages) = flume::bounded(limits::LANE_QUEUE);
        let track = Track {
            connector,
            state: State::Ready(connection),
            pid: Arc::clone(&pid),
            #[cfg(feature = "sabotage")]
            sabotage,
        };
        tasks.spawn(track.run(messages, closing));
        Ok(Self { queue, pid })
    }

    pub(crate) async fn apply(&self, unit: Unit) -> Result<Applied> {
        let (reply, answer) = oneshot::channel();
        enqueue(&self.queue, Message::Apply(unit, reply), "a lane").await?;
        answer.await.map_err(|_| Error::Closed)?
    }

    pub(crate) async fn recover(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        enqueue(&self.queue, Message::Recover(reply), "a lane").await?;
        answer.await.map_err(|_| Error::Closed)?
    }

    pub(crate) fn backend_pid(&self) -> i32 {
        self.pid.load(Ordering::SeqCst)
    }
}

/// The task's end of a lane.
struct Track {
    connector: Connector,
    state: State,
    pid: Arc<AtomicI32>,
    #[cfg(feature = "sabotage")]
    sabotage: crate::Sabotage,
}

enum State {
    Ready(Connection),
    /// Nothing is sent before this session is known to be gone.
    Lost(BackendId),
}

impl Track {
    async fn run(mut self, messages: flume::Receiver<Message>, closing: CancellationToken) {
        loop {
            let message = tokio::select! {
                biased;
                message = messages.recv_async() => message,
                () = closing.cancelled() => return,
            };
            match message {
                Ok(Message::Apply(unit, reply)) => self.settle(&unit, reply).await,
                Ok(Message::Recover(reply)) => {
                    let _ = reply.send(self.recover().await);
                }
                Err(_) => return,
            }
        }
    }

    async fn settle(&mut self, unit: &Unit, reply: oneshot::Sender<Result<Applied>>) {
        #[cfg(feature = "sabotage")]
        if self.sabotage == crate::Sabotage::AcknowledgeBeforeCommit {
            if let State::Ready(connection) = &self.state {
                pipeline::acknowledge_before_commit(&connection.client, &[unit], vec![reply]).await;
            }
            return;
        }
        let _ = reply.send(self.apply(unit).await);
    }

    async fn apply(&mut self, unit: &Unit) -> Result<Applied> {
        let State::Ready(connection) = &self.state else {
            return Err(Error::Unavailable { source: None });
        };
        let (client, backend) = (&connection.client, connection.backend);
        if connection.ended.is_cancelled() {
            self.state = State::Lost(backend);
            return Err(Error::Unavailable { source: None });
        }
        let units = [unit];
        let result = answer(limits::ANSWER_WAIT, pipeline::apply_all(client, &units)).await;
        if matches!(result, Err(Error::Lost { .. } | Error::Unavailable { .. })) {
            self.state = State::Lost(backend);
        }
        Ok(result?.pop().unwrap_or_default())
    }

    async fn recover(&mut self) -> Result<()> {
        let lost = match &self.state {
            State::Ready(connection) if !connection.ended.is_cancelled() => return Ok(()),
            State::Ready(connection) => connection.backend,
            State::Lost(backend) => *backend,
        };
        self.state = State::Lost(lost);
        let connection = gone::replace(&self.connector, lost).await?;
        self.pid.store(connection.backend.pid, Ordering::SeqCst);
        self.state = State::Ready(connection);
        Ok(())
    }
}
