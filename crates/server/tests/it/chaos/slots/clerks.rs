//! Clerks: they pause and resume schedules, change them, and start them by hand, and note each form.

use std::sync::Arc;

use gathering_domain::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    documents::{Wanted, timing},
    history::Form,
};
use crate::chaos::{client::Client, dice::Dice, history::now};

/// How long a pause lasts at most, and the rest between two changes.
const PAUSE_MS: u64 = 2_500;
const REST_MS: u64 = 700;
/// When schedules fire that are to fire no more in this test.
const FAR_AWAY: &str = "2100-01-01T00:00:00Z";

/// A schedule that exists.
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) wanted: Wanted,
    pub(crate) forms: Vec<Form>,
}

/// One of them, with schedules that nobody else changes.
pub(crate) struct Clerk {
    pub(crate) client: Arc<Client>,
    pub(crate) schedules: Vec<Kept>,
    pub(crate) dice: Dice,
}

impl Clerk {
    /// Makes its schedules.
    pub(crate) async fn make(&mut self, wanted: impl IntoIterator<Item = Wanted>) {
        for wanted in wanted {
            let (key, body) = (&wanted.name, Some(&wanted.document));
            let made = self.client.ask(Method::POST, "/api/v1/schedules", Some(key), body).await;
            assert_eq!(made.0, StatusCode::CREATED, "{}", made.1);
            let id = made.1["id"].as_str().unwrap().to_owned();
            self.schedules.push(Kept { id, wanted, forms: Vec::new() });
            self.look(self.schedules.len() - 1).await;
        }
    }

    /// Works until told to stop, and then has no slot of any schedule come any more.
    pub(crate) async fn work(mut self, stop: CancellationToken) -> Vec<Kept> {
        while !stop.is_cancelled() {
            let nth = self.dice.index(self.schedules.len());
            match self.dice.index(10) {
                0..=3 => {
                    self.act(nth, "pause").await;
                    self.dice.pass(PAUSE_MS).await;
                    self.act(nth, "resume").await;
                }
                4..=6 if self.schedules[nth].wanted.may_change => {
                    let timing = timing(self.dice.index(5));
                    self.change(nth, json!({ "timing": timing })).await;
                }
                4..=7 => {
                    let name = format!("{}, {}", self.schedules[nth].wanted.name, now().micros());
                    self.change(nth, json!({ "name": name })).await;
                }
                _ => {
                    let path = format!("/api/v1/schedules/{}/trigger", self.schedules[nth].id);
                    let (status, fire) = self.client.ask(Method::POST, &path, None, None).await;
                    assert!(status.is_success(), "{status}: {fire}");
                }
            }
            self.dice.pass(REST_MS).await;
        }
        for nth in 0..self.schedules.len() {
            let timing = json!({ "type": "once", "at": FAR_AWAY });
            self.change(nth, json!({ "timing": timing })).await;
        }
        self.schedules
    }

    /// Pauses or resumes. Once more does nothing.
    async fn act(&mut self, nth: usize, act: &str) {
        let path = format!("/api/v1/schedules/{}/{act}", self.schedules[nth].id);
        let (status, answer) = self.client.ask(Method::POST, &path, None, None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.look(nth).await;
    }

    /// Changes members of the document. A schedule that has ended stays as it is.
    async fn change(&mut self, nth: usize, patch: Value) {
        let kept = &self.schedules[nth];
        let path = format!("/api/v1/schedules/{}", kept.id);
        let version = format!("\"{}\"", kept.forms.last().unwrap().version);
        let header = Some(("if-match", version.as_str()));
        let answer = self.client.ask_with(Method::PATCH, &path, header, Some(&patch)).await;
        let known = match answer.0 {
            // The latter where the answer to the same change was lost before.
            StatusCode::OK | StatusCode::PRECONDITION_FAILED => true,
            status => status == StatusCode::UNPROCESSABLE_ENTITY && has_ended(&answer.1),
        };
        assert!(known, "{}: {}", answer.0, answer.1);
        self.look(nth).await;
    }

    /// Notes the form of a schedule, if it is a new one.
    async fn look(&mut self, nth: usize) {
        let kept = &mut self.schedules[nth];
        let now_is = self.client.get(&format!("/api/v1/schedules/{}", kept.id)).await;
        let version = now_is["version"].as_u64().unwrap();
        let known = kept.forms.last().map_or(0, |form| form.version);
        if version == known {
            return;
        }
        assert_eq!(version, known + 1, "somebody else has changed it: {now_is}");
        kept.forms.push(Form {
            version,
            timing: serde_json::from_value(now_is["timing"].clone()).unwrap(),
            policy: serde_json::from_value(now_is["policy"].clone()).unwrap(),
            paused: now_is["status"] == "paused",
            since: Timestamp::parse_rfc3339(now_is["updated_at"].as_str().unwrap()).unwrap(),
            told: now(),
        });
    }
}

fn has_ended(problem: &Value) -> bool {
    problem.to_string().contains("never_comes")
}
