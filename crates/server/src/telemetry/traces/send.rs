//! The service that sends spans: in batches, again for a while, and never more than one at a time.

use std::{sync::atomic::Ordering, time::Duration};

use opentelemetry_sdk::trace::SpanData;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};

use super::{
    FAILED, SENT,
    receiver::{Answer, Receiver},
};

/// Spans of one request.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// How often a batch is sent that the receiver may take later.
const TRIES: u32 = 3;
/// How long the first of these waits; longer each time.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest wait that a receiver can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long the end of the process waits for what is left.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// How often the log says that the receiver takes nothing.
const SAID_EVERY: Duration = Duration::from_mins(1);

/// Sends what comes out of the queue.
pub(super) struct Sending {
    pub(super) receiver: Receiver,
    pub(super) spans: mpsc::Receiver<SpanData>,
}

impl Sending {
    /// Sends until told to stop, then what is left, for a moment.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut said = None;
        loop {
            let mut batch = Vec::with_capacity(BATCH);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                count = self.spans.recv_many(&mut batch, BATCH) => if count == 0 { return },
            }
            let until = Instant::now() + GATHER;
            while batch.len() < BATCH && !stop.is_cancelled() {
                let left = BATCH - batch.len();
                let more = self.spans.recv_many(&mut batch, left);
                tokio::select! {
                    () = stop.cancelled() => {}
                    more = timeout_at(until, more) => if more.is_err() { break },
                }
            }
            let count = batch.len();
            let sent = tokio::select! {
                sent = send(&self.receiver, batch) => sent,
                // What is being sent gets the time that is left to everything.
                () = async { stop.cancelled().await; sleep(LAST_WORDS).await } => {
                    Err("the server stops".to_owned())
                }
            };
            settle(count, sent, &mut said);
        }
        let _ = timeout(LAST_WORDS, self.rest(&mut said)).await;
        let left = u64::try_from(self.spans.len()).unwrap_or(u64::MAX);
        FAILED.fetch_add(left, Ordering::Relaxed);
    }

    async fn rest(&mut self, said: &mut Option<Instant>) {
        self.spans.close();
        loop {
            let mut batch = Vec::new();
            if self.spans.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
            let count = batch.len();
            let sent = send(&self.receiver, batch).await;
            settle(count, sent, said);
        }
    }
}

/// Sends a batch, and says how many spans were refused, or why all were.
async fn send(receiver: &Receiver, batch: Vec<SpanData>) -> Result<u64, String> {
    let body = receiver.encode(batch);
    let mut last = String::new();
    for tried in 1..=TRIES {
        // What happens on the way is neither traced nor logged: it would be sent in its turn.
        let answer = receiver.send(body.clone()).with_subscriber(NoSubscriber::default()).await;
        let after = match answer {
            Answer::Taken { refused } => return Ok(refused),
            Answer::Refused { why } => return Err(why),
            Answer::Later { why, after } => {
                last = why;
                after.map(gathering_domain::Duration::std)
            }
        };
        if tried < TRIES {
            sleep(after.unwrap_or(PAUSE * tried).min(LONGEST_PAUSE)).await;
        }
    }
    Err(last)
}

/// Counts what became of a batch, and says it now and then.
fn settle(count: usize, sent: Result<u64, String>, said: &mut Option<Instant>) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let (refused, why) = match sent {
        Ok(0) => (0, None),
        Ok(refused) => (refused.min(count), Some("it refused some spans".to_owned())),
        Err(why) => (count, Some(why)),
    };
    SENT.fetch_add(count - refused, Ordering::Relaxed);
    FAILED.fetch_add(refused, Ordering::Relaxed);
    let Some(why) = why else { return };
    if said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
        tracing::warn!(why, spans = refused, "the receiver of traces did not take all");
        *said = Some(Instant::now());
    }
}
