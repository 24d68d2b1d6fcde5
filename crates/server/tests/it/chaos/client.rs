//! A client that asks whichever instance answers, as one behind a load balancer does.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use reqwest::{Client as Http, Method, StatusCode};
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// How long an answer may take; a paused instance gives none.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How long anything may stay without an answer from anybody.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// After which time one asks again where nobody came or went.
pub(crate) const AGAIN: Duration = Duration::from_millis(50);

/// Asks until it is answered.
pub(crate) struct Client {
    http: Http,
    addresses: watch::Receiver<Vec<String>>,
    token: String,
    turn: AtomicUsize,
    patience: Duration,
    /// Requests sent, and those whose answer was lost or that could not be served.
    pub(crate) asked: AtomicU64,
    pub(crate) unanswered: AtomicU64,
    pub(crate) unserved: AtomicU64,
}

impl Client {
    pub(crate) fn new(addresses: watch::Receiver<Vec<String>>, token: String) -> Self {
        let http = Http::builder().build().unwrap();
        let (turn, asked) = (AtomicUsize::new(0), AtomicU64::new(0));
        let (unanswered, unserved) = (AtomicU64::new(0), AtomicU64::new(0));
        let patience = ANSWERS_WITHIN;
        Self { http, addresses, token, turn, patience, asked, unanswered, unserved }
    }

    /// One who waits for the answer of a paused instance: what it asked for happens before it goes on, or not
    /// at all.
    pub(crate) const fn waiting(mut self) -> Self {
        self.patience = PATIENCE;
        self
    }

    /// Asks for a path until somebody answers.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, None, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// Asks until somebody answers, with a key under which the same request is known again.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let key = key.map(|key| ("idempotency-key", key));
        self.ask_with(method, path, key, body).await
    }

    /// Asks until somebody answers, with a header.
    pub(crate) async fn ask_with(
        &self,
        method: Method,
        path: &str,
        header: Option<(&str, &str)>,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.ask_once(method.clone(), path, header, body).await {
                Some((status, answer)) => {
                    let passes =
                        status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    if !passes {
                        return (status, answer);
                    }
                    self.unserved.fetch_add(1, Ordering::Relaxed);
                    assert!(Instant::now() < until, "{method} {path} fails: {status} {answer}");
                }
                None => assert!(Instant::now() < until, "nobody answers {method} {path}"),
            }
            self.moment().await;
        }
    }

    /// Asks one instance; none if there is no answer.
    async fn ask_once(
        &self,
        method: Method,
        path: &str,
        header: Option<(&str, &str)>,
        body: Option<&Value>,
    ) -> Option<(StatusCode, Value)> {
        let url = format!("{}{path}", self.address()?);
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        request = request.timeout(self.patience);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answered = async {
            let response = request.send().await?;
            let status = response.status();
            reqwest::Result::Ok((status, response.text().await?))
        };
        if let Ok((status, text)) = answered.await {
            return Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))));
        }
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Opens a stream at one instance, after a position.
    pub(crate) async fn stream(&self, after: i64) -> Option<reqwest::Response> {
        let url = format!("{}/api/v1/events?after=0", self.address()?);
        let request = self.http.get(url).bearer_auth(&self.token);
        let request = request.header("last-event-id", after.to_string());
        let response = timeout(ANSWERS_WITHIN, request.send()).await.ok()?.ok()?;
        (response.status() == StatusCode::OK).then_some(response)
    }

    /// Waits until an instance comes or goes, or a moment.
    pub(crate) async fn moment(&self) {
        let mut addresses = self.addresses.clone();
        addresses.mark_unchanged();
        let _ = timeout(AGAIN, addresses.changed()).await;
    }

    /// One of those that run, each in turn.
    fn address(&self) -> Option<String> {
        let addresses = self.addresses.borrow();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        addresses.get(turn.checked_rem(addresses.len())?).cloned()
    }
}
