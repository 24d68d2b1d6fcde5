//! Reading a stream of events as a browser does.

use serde_json::Value;

use super::{
    Bench,
    client::{Asked, Connection},
};

/// An open stream.
pub(crate) struct Events {
    connection: Connection,
    text: String,
    /// What a browser would send as `Last-Event-ID`.
    pub(crate) last_id: String,
}

/// An event with data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Bench {
    /// Opens a stream, going on after `last_id` if there is one.
    pub(crate) async fn events(&self, path: &str, token: &str, last_id: Option<&str>) -> Events {
        let mut asked = Asked::new("GET", path).token(token);
        if let Some(last_id) = last_id {
            asked = asked.header("last-event-id", last_id);
        }
        self.stream(asked).await
    }

    /// Opens a stream as it is asked for.
    pub(crate) async fn stream(&self, asked: Asked) -> Events {
        let mut connection = Connection::open(&self.address).await;
        connection.send(&asked.bytes()).await;
        let (status, headers) = connection.head().await;
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["x-accel-buffering"], "no");
        let mut events = Events { connection, text: String::new(), last_id: String::new() };
        // The first block has no data and tells where the stream stands.
        let opening = events.block().await.unwrap();
        assert!(opening.contains("id: ") && !opening.contains("data"), "{opening:?}");
        events.note(&opening);
        events
    }
}

impl Events {
    /// The next event with data; none at the stream's end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let (id, name, data) = self.note(&block);
            if !data.is_empty() {
                let data = serde_json::from_str(&data).unwrap();
                return Some(Event { id, name, data });
            }
        }
    }

    /// Events up to the first of that type, which comes last.
    pub(crate) async fn until(&mut self, event_type: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await.expect("the stream goes on");
            let last = event.data["type"] == event_type;
            events.push(event);
            if last {
                return events;
            }
        }
    }

    /// Whatever comes next, comments included.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let rest = self.text.split_off(end + 2);
                return Some(std::mem::replace(&mut self.text, rest));
            }
            let chunk = self.connection.chunk().await?;
            self.text.push_str(&chunk);
        }
    }

    fn note(&mut self, block: &str) -> (String, String, String) {
        let (mut id, mut name, mut data) = (String::new(), String::new(), String::new());
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("id", value)) => value.clone_into(&mut id),
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => data.push_str(value),
                _ => {}
            }
        }
        if !id.is_empty() {
            self.last_id.clone_from(&id);
        }
        (id, name, data)
    }
}
