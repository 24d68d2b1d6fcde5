//! A reader of all events, who goes on after the last one that came whenever the stream breaks.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use serde_json::Value;
use tokio::time::timeout;

use super::{client::Client, history::Event, notes::Notes};

/// How long a stream may be silent before the reader tries another one: a paused instance's is.
const SILENT: Duration = Duration::from_secs(2);

/// Reads for ever, and notes what comes.
pub(crate) async fn watch(client: Arc<Client>, notes: Arc<Notes>) {
    let mut after = 0;
    loop {
        if read(&client, &mut after, |event| notes.watch(event)).await {
            *notes.resumed.lock().unwrap() += 1;
        }
        client.moment().await;
    }
}

/// Reads everything from the first event on, until `enough` have come.
pub(crate) async fn replay(client: &Client, enough: usize) -> Vec<Event> {
    let (mut events, mut after) = (Vec::new(), 0);
    for _ in 0..10 {
        read(client, &mut after, |event| events.push(event)).await;
        if events.len() >= enough {
            break;
        }
    }
    events
}

/// Reads one stream until it breaks or falls silent; false if nobody gave one.
async fn read(client: &Client, after: &mut i64, mut tell: impl FnMut(Event)) -> bool {
    let Some(response) = client.stream(*after).await else { return false };
    let mut body = response.bytes_stream();
    let mut text = Vec::new();
    while let Ok(Some(Ok(piece))) = timeout(SILENT, body.next()).await {
        text.extend_from_slice(&piece);
        // What has come in part when a stream breaks has not come.
        while let Some(end) = text.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = text.drain(..end + 2).collect();
            if let Some(event) = parse(std::str::from_utf8(&event).unwrap()) {
                *after = event.position;
                tell(event);
            }
        }
    }
    true
}

/// An event of the log; none for a word of the stream's own.
fn parse(text: &str) -> Option<Event> {
    let data = text.lines().find_map(|line| line.strip_prefix("data:"))?;
    let data: Value = serde_json::from_str(data).unwrap();
    let id = text.lines().find_map(|line| line.strip_prefix("id:"))?.trim();
    assert_eq!(data["position"].as_i64(), id.parse().ok(), "{text}");
    Some(Event {
        position: data["position"].as_i64()?,
        of_type: data["type"].as_str().unwrap().to_owned(),
        run_id: data["data"]["run_id"].as_str().unwrap().to_owned(),
        seq: u32::try_from(data["data"]["seq"].as_u64().unwrap()).unwrap(),
    })
}
