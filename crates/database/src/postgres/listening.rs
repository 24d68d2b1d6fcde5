//! The listening connection: hears notices, and connects again when it is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::connect::{Connection, Connector, answer};
use super::errors::unsent;
use super::statements::control;
use crate::notices::Hub;
use crate::{Result, limits};

/// A request to listen to a channel; answered once the server has it.
pub(crate) struct Listen {
    pub(crate) channel: String,
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// The task that owns the listening connection.
pub(crate) struct Listening {
    pub(crate) connector: Connector,
    pub(crate) hub: Arc<Hub>,
    pub(crate) requests: flume::Receiver<Listen>,
    pub(crate) closing: CancellationToken,
}

/// Why the task stopped hearing a connection.
#[derive(PartialEq, Eq)]
enum Stop {
    Closing,
    Lost,
}

impl Listening {
    /// Connects when first asked, then hears until the database is closed.
    pub(crate) async fn run(self) {
        let first = tokio::select! {
            first = self.requests.recv_async() => first,
            () = self.closing.cancelled() => return,
        };
        let Ok(first) = first else { return };
        let mut channels = BTreeSet::from([first.channel]);
        let mut first = Some(first.reply);
        let mut pause = limits::LISTEN_PAUSE_FIRST;
        loop {
            let connected = self.connect(&channels).await;
            if let Some(reply) = first.take() {
                let _ = reply.send(connected.as_ref().map(drop).map_err(Clone::clone));
            } else if connected.is_ok() {
                self.hub.missed();
            }
            if let Ok(connection) = connected {
                pause = limits::LISTEN_PAUSE_FIRST;
                if self.hear(&connection, &mut channels).await == Stop::Closing {
                    return;
                }
                tracing::warn!("lost the listening connection to the database");
            }
            if self.requests.is_disconnected() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.closing.cancelled() => return,
            }
            pause = (pause * 2).min(limits::LISTEN_PAUSE_MAX);
        }
    }

    async fn connect(&self, channels: &BTreeSet<String>) -> Result<Connection> {
        let connection = self.connector.connect_listening(Some(Arc::clone(&self.hub))).await?;
        for channel in channels {
            listen(&connection, channel).await?;
        }
        Ok(connection)
    }

    async fn hear(&self, connection: &Connection, channels: &mut BTreeSet<String>) -> Stop {
        loop {
            let alive = tokio::select! {
                request = self.requests.recv_async() => match request {
                    Ok(Listen { channel, reply }) => {
                        let listening = listen(connection, &channel).await;
                        let alive = listening.is_ok();
                        channels.insert(channel);
                        let _ = reply.send(listening);
                        alive
                    }
                    Err(_) => return Stop::Closing,
                },
                () = connection.ended.cancelled() => false,
                // A connection that is cut without a word is silent for ever otherwise.
                () = tokio::time::sleep(limits::LISTEN_PING) => {
                    answer(limits::LISTEN_PING, control(&connection.client, "SELECT 1")).await.is_ok()
                }
                () = self.closing.cancelled() => return Stop::Closing,
            };
            if !alive {
                return Stop::Lost;
            }
        }
    }
}

async fn listen(connection: &Connection, channel: &str) -> Result<()> {
    let text = format!("LISTEN \"{}\"", channel.replace('"', "\"\""));
    answer(limits::LISTEN_PING, control(&connection.client, &text)).await.map(drop).map_err(unsent)
}
