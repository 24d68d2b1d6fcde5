//! Talking over a WebSocket as a page or a program does.

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::{
    Bench,
    client::{Answer, Asked, Connection, PATIENCE},
};

const PATH: &str = "/api/v1/ws";

/// An open socket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Bench {
    /// Opens a socket by a token.
    pub(crate) async fn socket(&self, token: &str) -> Socket {
        match self.socket_as(Asked::new("GET", PATH).handshake().token(token)).await {
            Ok(socket) => socket,
            Err(refused) => panic!("{refused:?}"),
        }
    }

    /// Opens a socket as it is asked for; or reads the refusal.
    pub(crate) async fn socket_as(&self, asked: Asked) -> Result<Socket, Answer> {
        self.socket_on(Connection::open(&self.address).await, asked).await
    }

    /// The same on a connection.
    pub(crate) async fn socket_on(
        &self,
        mut connection: Connection,
        asked: Asked,
    ) -> Result<Socket, Answer> {
        connection.send(&asked.bytes()).await;
        let (status, headers) = connection.head().await;
        if status != 101 {
            let body = connection.body(&headers).await;
            return Err(Answer { status, headers, body });
        }
        assert_eq!(headers["connection"], "upgrade");
        assert_eq!(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let (stream, read) = connection.into_parts();
        let socket = WebSocketStream::from_partially_read(stream, read, Role::Client, None).await;
        Ok(Socket(socket))
    }
}

impl Socket {
    /// Says something, as text.
    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        // A server that closes early may not take it all: what it has said counts.
        let _ = self.0.send(Message::text(text.into())).await;
    }

    /// Says something that is no text.
    pub(crate) async fn say_bytes(&mut self, bytes: &'static [u8]) {
        self.0.send(Message::binary(bytes)).await.unwrap();
    }

    /// Subscribes, and answers from where on.
    pub(crate) async fn subscribe(&mut self, id: &str, mut rest: Value) -> i64 {
        rest["type"] = json!("subscribe");
        rest["id"] = json!(id);
        self.say(rest.to_string()).await;
        let subscribed = self.next().await;
        assert_eq!((&subscribed["type"], &subscribed["id"]), (&json!("subscribed"), &json!(id)));
        subscribed["resume_after"].as_i64().unwrap()
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        match self.frame().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Events of one subscription up to the first of that type, which comes last.
    pub(crate) async fn until(&mut self, id: &str, event_type: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let message = self.next().await;
            assert_eq!((&message["type"], &message["id"]), (&json!("event"), &json!(id)));
            let last = message["event"]["type"] == event_type;
            events.push(message["event"].clone());
            if last {
                return events;
            }
        }
    }

    /// The code with which the server closes, and nothing before it.
    pub(crate) async fn closed(&mut self) -> u16 {
        match self.frame().await {
            Some(Message::Close(Some(frame))) => frame.code.into(),
            other => panic!("{other:?}"),
        }
    }

    /// What comes next, but for what is answered by itself.
    async fn frame(&mut self) -> Option<Message> {
        loop {
            let next = timeout(PATIENCE, self.0.next()).await.expect("the server speaks in time");
            match next? {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(message) => return Some(message),
                Err(_) => return None,
            }
        }
    }
}
