//! Customers: each starts one run after the other, and asks for each until it has ended.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{client::Client, dice::Dice, notes::Notes, pipelines::Pipelines};

/// How long a customer waits for the end of a run. One that has none by then is found at the end.
const RUN_ENDS_WITHIN: Duration = Duration::from_mins(5);

/// What a customer works with.
#[derive(Clone)]
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) client: Arc<Client>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) pipelines: Arc<Pipelines>,
}

impl Customer {
    /// Starts runs until told to stop, and then waits for the last one's end.
    pub(crate) async fn work(self, mut dice: Dice, stop: CancellationToken) {
        for nth in 0_u32.. {
            if stop.is_cancelled() {
                return;
            }
            self.run(&format!("{}{nth}", self.name), &mut dice).await;
        }
    }

    /// Starts a run. The same request under the same key again finds it again, so that waiting for
    /// its end is repeating its start.
    async fn run(&self, key: &str, dice: &mut Dice) {
        let wish = self.pipelines.wish(dice, key);
        let path = format!("/api/v1/pipelines/{}/runs", wish.pipeline);
        let waiting = format!("{path}?wait=500ms");
        let body = json!({ "input": wish.input });
        let until = Instant::now() + RUN_ENDS_WITHIN;
        let mut path = path.as_str();
        while Instant::now() < until {
            let (status, run) = self.client.ask(Method::POST, path, Some(key), Some(&body)).await;
            let Some(run_id) = run["id"].as_str().filter(|_| status.is_success()) else {
                return self.notes.complain(format!("the start of {key}: {status} {run}"));
            };
            self.notes.accept(key, run_id);
            if path == waiting && status == StatusCode::OK {
                return self.notes.end(&self.name);
            }
            path = &waiting;
        }
    }
}
