//! Previews between the instances of one database.
//!
//! Each instance says in which projects somebody looks at it, as soon as they do and again and again
//! while they do; the others then send what they show there. Everything goes by notices, in transactions of
//! their own, few a second: what does not fit is lost, and nobody waits.

use std::sync::Arc;

use gathering_domain::{Duration, ProjectId};
use gathering_storage::{Database, Engine, Listener, Notice};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Preview, Previews, lock};
use crate::{App, Result};

/// The channel of all instances.
const CHANNEL: &str = "gathering_previews";
/// How often an instance sends something at most.
const SENT_EVERY: Duration = Duration::from_millis(100);
/// How often an instance says where somebody looks.
const SAID_EVERY: Duration = Duration::from_secs(10);
/// How long it rests after the store could not be listened to.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest notice, in bytes; PostgreSQL takes a few more.
const NOTICE_BYTES: usize = 7_900;
/// How many notices are sent at once.
const AT_ONCE: usize = 32;
/// How many projects one notice names.
const PROJECTS_AT_ONCE: usize = 128;

/// The service that shows what is not said at this instance, and what is not said any more.
pub struct PreviewRelay {
    previews: Previews,
    database: Database,
    instance: String,
}

/// A notice of an instance.
#[derive(Debug, Serialize, Deserialize)]
struct Letter {
    from: String,
    says: Says,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Says {
    /// It does not know who looks where.
    WhoLooks,
    /// Somebody looks at it, in these projects.
    Looks(Vec<ProjectId>),
    /// It shows these.
    Shows(Vec<Preview>),
}

/// What is to be sent next.
#[derive(Debug)]
struct Due {
    /// That it does not know who looks where.
    asks: bool,
    /// Where somebody looks.
    looks: bool,
}

impl PreviewRelay {
    /// The relay of an app.
    pub fn new(app: &App) -> Self {
        let instance = app.inner.writer.instance().to_string();
        Self { previews: app.previews().clone(), database: app.database().clone(), instance }
    }

    /// Shows previews until the shutdown.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.previews.show_gathered() => {}
            () = self.relay() => {}
        }
    }

    async fn relay(&self) {
        if self.database.engine() == Engine::Sqlite {
            // There is no other instance.
            return std::future::pending().await;
        }
        loop {
            match self.database.listen(CHANNEL).await {
                // It ends when the store is closed.
                Ok(heard) => self.exchange(heard).await,
                Err(error) => tracing::debug!(%error, "could not listen for previews"),
            }
            sleep(PAUSE.std()).await;
        }
    }

    async fn exchange(&self, mut heard: Listener) {
        let mut due = Due { asks: true, looks: true };
        let mut free_at = Instant::now();
        let mut again = interval(SAID_EVERY.std());
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let inner = &self.previews.inner;
        loop {
            let sends = due.asks || due.looks || !lock(&inner.outbox).is_empty();
            tokio::select! {
                () = sleep_until(free_at), if sends => {
                    if let Err(error) = self.send(&due).await {
                        tracing::debug!(%error, "could not send previews");
                    }
                    due = Due { asks: false, looks: false };
                    free_at = Instant::now() + SENT_EVERY.std();
                }
                notice = heard.recv() => match notice {
                    Some(Notice::Payload(text)) => due.looks |= self.hear(&text),
                    Some(Notice::Missed) => due = Due { asks: true, looks: true },
                    None => return,
                },
                () = inner.here_changed.notified() => due.looks = true,
                () = inner.outbox_filled.notified() => {}
                _ = again.tick() => due.looks = true,
            }
        }
    }

    /// Takes in what another instance says; whether it is to be told who looks here.
    fn hear(&self, text: &str) -> bool {
        // Another build may say what this one does not know.
        let Ok(Letter { from, says }) = serde_json::from_str(text) else { return false };
        if from == self.instance {
            return false;
        }
        match says {
            Says::WhoLooks => return true,
            Says::Looks(projects) => self.previews.is_looked_at(&projects),
            Says::Shows(pieces) => {
                for piece in pieces {
                    if self.previews.is_watched_here(piece.project_id) {
                        self.previews.show_here(Arc::new(piece));
                    }
                }
            }
        }
        false
    }

    /// Sends what is due in one transaction of its own, so that no commit of work carries it.
    async fn send(&self, due: &Due) -> Result<()> {
        let mut letters = Vec::new();
        if due.asks {
            letters.push(self.letter(Says::WhoLooks));
        }
        if due.looks {
            let looks = self.previews.looks();
            let parts = looks.chunks(PROJECTS_AT_ONCE);
            letters.extend(parts.map(|part| self.letter(Says::Looks(part.to_vec()))));
        }
        let room = AT_ONCE.saturating_sub(letters.len());
        letters.extend(self.take(room));
        if letters.is_empty() {
            return Ok(());
        }
        let sent = self.database.transact(move |tx| {
            for letter in &letters {
                tx.notify(CHANNEL, letter.as_str());
            }
            Ok::<_, gathering_storage::DatabaseError>(())
        });
        sent.await.map_err(Into::into)
    }

    /// Takes so many letters out of the outbox.
    fn take(&self, most: usize) -> Vec<String> {
        let frame = self.letter(Says::Shows(Vec::new())).len();
        let mut outbox = lock(&self.previews.inner.outbox);
        let mut letters = Vec::new();
        while letters.len() < most && !outbox.is_empty() {
            let (mut pieces, mut bytes) = (Vec::new(), frame);
            while let Some(piece) = outbox.front() {
                let piece_bytes = json(piece.as_ref()).len() + 1;
                if bytes + piece_bytes > NOTICE_BYTES {
                    break;
                }
                bytes += piece_bytes;
                pieces.extend(outbox.pop_front().map(Arc::unwrap_or_clone));
            }
            if pieces.is_empty() {
                // Text of signs that each take six bytes here: too long for any notice.
                outbox.pop_front();
            } else {
                letters.push(self.letter(Says::Shows(pieces)));
            }
        }
        letters
    }

    fn letter(&self, says: Says) -> String {
        json(&Letter { from: self.instance.clone(), says })
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what instances say is JSON")
}
