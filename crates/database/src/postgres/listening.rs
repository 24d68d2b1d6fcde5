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
            channels.retain(|channel| self.hub.has(channel));
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
                        let mut alive = listening.is_ok();
                        channels.insert(channel);
                        let _ = reply.send(listening);
                        if alive {
                            alive = forget(connection, &self.hub, channels).await.is_ok();
                        }
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
    let text = format!("LISTEN {}", quoted(channel));
    answer(limits::LISTEN_PING, control(&connection.client, &text)).await.map(drop).map_err(unsent)
}

/// Stops listening to channels that nobody here listens to any more: those of an instance's earlier
/// lives. Whoever begins to listen to one at this moment asks for it afterwards, and gets it anew.
async fn forget(connection: &Connection, hub: &Hub, channels: &mut BTreeSet<String>) -> Result<()> {
    let gone: Vec<String> = channels.iter().filter(|channel| !hub.has(channel)).cloned().collect();
    for channel in gone {
        let text = format!("UNLISTEN {}", quoted(&channel));
        let answered = answer(limits::LISTEN_PING, control(&connection.client, &text));
        answered.await.map_err(unsent)?;
        channels.remove(&channel);
    }
    Ok(())
}

fn quoted(channel: &str) -> String {
    format!("\"{}\"", channel.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use gathering_testkit::Place;
    use tokio::task::JoinHandle;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::postgres::statements::query;
    use crate::{DatabaseOptions, Sql};

    const LISTENED: Sql = Sql::postgres("SELECT pg_listening_channels() ORDER BY 1");

    async fn listened(connection: &Connection) -> Vec<String> {
        let rows = query::<(String,)>(&connection.client, LISTENED, &[]).await.unwrap();
        rows.into_iter().map(|(channel,)| channel).collect()
    }

    #[tokio::test]
    async fn channels_that_nobody_hears_are_forgotten() {
        let place = Place::postgres().await;
        let tasks = TaskTracker::new();
        let options = DatabaseOptions::postgres(place.url().unwrap());
        let connector = Connector::new(place.url().unwrap(), &options, tasks.clone()).unwrap();
        let hub = Arc::new(Hub::new(&options));
        let connection = connector.connect_listening(Some(Arc::clone(&hub))).await.unwrap();
        let connection = Arc::new(connection);
        let (ask, requests) = flume::bounded(1);
        let closing = CancellationToken::new();
        let listening =
            Listening { connector, hub: Arc::clone(&hub), requests, closing: closing.clone() };
        let heard = Arc::clone(&connection);
        let hearing: JoinHandle<BTreeSet<String>> = tasks.spawn(async move {
            let mut channels = BTreeSet::new();
            listening.hear(&heard, &mut channels).await;
            channels
        });
        let listen = async |channel: &str| {
            let listener = hub.listen(channel);
            let (reply, listening) = oneshot::channel();
            let channel = channel.to_owned();
            ask.send_async(Listen { channel, reply }).await.unwrap();
            listening.await.unwrap().unwrap();
            listener
        };
        let mut kept = listen("work").await;
        for life in 0..20 {
            let own = listen(&format!("run \"{life}\"")).await;
            drop(own);
        }
        let _last = listen("run").await;
        // Forgetting comes after the answer; the next request comes after forgetting.
        let _again = listen("run").await;
        assert_eq!(listened(&connection).await, ["run", "work"]);
        hub.deliver("work", "x");
        assert_eq!(kept.recv().await, Some(crate::Notice::Payload("x".into())));
        closing.cancel();
        assert_eq!(hearing.await.unwrap(), BTreeSet::from(["run".to_owned(), "work".to_owned()]));
    }
}
