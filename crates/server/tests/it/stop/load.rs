//! 200 requests a second to one instance or several, and what became of each.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::wire::{Answer, Lost, Wire};
use crate::server::{Api, PATIENCE, Server};

/// Time between two requests.
const EVERY: Duration = Duration::from_millis(5);
/// Requests that wait for their answers at once. It takes a machine that has other things to do to come to
/// it: that one is asked as often as it answers, instead of more than it can do.
pub(super) const OUTSTANDING: usize = 16;

/// A run that ends at once.
const ECHO: &str = "
name: echo
nodes:
  - { id: start, type: trigger }
  - { id: answer, type: transform, config: { value: 1 } }
edges: [{ from: start, to: answer }]
";

/// Requests under way.
pub(super) struct Load {
    asking: JoinSet<()>,
    shared: Arc<Shared>,
    ending: CancellationToken,
}

struct Shared {
    /// The instances; the one that takes another's place stands where that stood.
    wires: Mutex<Vec<Arc<Wire>>>,
    token: String,
    runs: Vec<String>,
    echo: String,
    told: AtomicBool,
    tally: Mutex<Tally>,
    answered: watch::Sender<u64>,
}

/// What became of the requests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) answered_before: u64,
    pub(super) answered_after: u64,
    pub(super) retried: u64,
    pub(super) refused: u64,
    pub(super) not_taken: u64,
    /// Of those refused and not taken, the times that another instance was asked in place of the one.
    pub(super) elsewhere: u64,
    /// Answers after which the connection was to be left.
    pub(super) told_to_leave: u64,
    /// Refused or not taken before the server was told to stop.
    pub(super) early: u64,
    pub(super) failures: Vec<String>,
    /// The runs that were accepted.
    pub(super) started: Vec<String>,
    /// How many requests were to start one.
    pub(super) asked_to_start: u64,
    pub(super) not_ready: Option<Instant>,
    pub(super) first_refused: Option<Instant>,
}

impl Load {
    pub(super) async fn begin(servers: &[&Server], owner: &Api, runs: &[String]) -> Self {
        let echo = owner.create_pipeline(ECHO).await;
        let shared = Arc::new(Shared {
            wires: Mutex::new(servers.iter().map(|server| wire(server)).collect()),
            token: owner.token.clone().unwrap(),
            runs: runs.to_vec(),
            echo,
            told: AtomicBool::new(false),
            tally: Mutex::default(),
            answered: watch::Sender::new(0),
        });
        let ending = CancellationToken::new();
        let mut asking = JoinSet::new();
        asking.spawn(pace(Arc::clone(&shared), ending.clone()));
        Self { asking, shared, ending }
    }

    /// The pipeline whose runs are started.
    pub(super) fn pipeline(&self) -> &str {
        &self.shared.echo
    }

    /// Says that another server stands in the place of one.
    pub(super) fn replaced(&self, nth: usize, server: &Server) {
        self.shared.wires.lock().unwrap()[nth] = wire(server);
    }

    /// Waits until so many more were answered.
    pub(super) async fn answered_more(&self, requests: u64) {
        let before = *self.shared.answered.borrow();
        self.answered(before + requests).await;
    }

    /// Waits until so many were answered.
    pub(super) async fn answered(&self, requests: u64) {
        let mut answered = self.shared.answered.subscribe();
        let waited = timeout(PATIENCE, answered.wait_for(|answered| *answered >= requests)).await;
        assert!(waited.is_ok(), "{}", self.shared.tally.lock().unwrap());
    }

    /// Says that the server is told to stop from here on.
    pub(super) fn told_to_stop(&self) {
        self.shared.told.store(true, Ordering::Relaxed);
    }

    /// Asks nothing more, and answers what became of everything.
    pub(super) async fn end(mut self) -> Tally {
        self.ending.cancel();
        while let Some(ended) = self.asking.join_next().await {
            ended.unwrap();
        }
        std::mem::take(&mut *self.shared.tally.lock().unwrap())
    }
}

fn wire(server: &Server) -> Arc<Wire> {
    Arc::new(Wire::new(server.url.strip_prefix("http://").unwrap()))
}

/// Asks at its times, unless too many earlier requests are not answered.
async fn pace(shared: Arc<Shared>, ending: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asking = JoinSet::new();
    let mut nth: usize = 0;
    while ending.run_until_cancelled(ticks.tick()).await.is_some() {
        let shared = Arc::clone(&shared);
        asking.spawn(async move { shared.ask(nth).await });
        nth += 1;
        while let Some(ended) = asking.try_join_next() {
            ended.unwrap();
        }
        if asking.len() == OUTSTANDING {
            asking.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(ended) = asking.join_next().await {
        ended.unwrap();
    }
}

impl Shared {
    /// Of forty requests four start a run, one asks whether the server is ready, and the others look.
    async fn ask(&self, nth: usize) {
        let run = &self.runs[nth % self.runs.len()];
        let (method, path, body) = match nth % 40 {
            0 | 10 | 20 | 30 => {
                ("POST", format!("/api/v1/pipelines/{}/runs", self.echo), json!({}).to_string())
            }
            1 => ("GET", "/readyz".to_owned(), String::new()),
            2..=7 => ("GET", "/api/v1/runs?limit=10".to_owned(), String::new()),
            _ => ("GET", format!("/api/v1/runs/{run}"), String::new()),
        };
        let (length, token) = (body.len(), &self.token);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             idempotency-key: load-{nth}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        if method == "POST" {
            self.tally.lock().unwrap().asked_to_start += 1;
        }
        let mut answer = self.ask_one(nth, &request).await;
        let others = self.wires.lock().unwrap().len() - 1;
        for other in 1..=others {
            if !matches!(answer, Err(Lost::Refused | Lost::Closed { .. })) {
                break;
            }
            self.tally.lock().unwrap().elsewhere += 1;
            answer = self.ask_one(nth + other, &request).await;
        }
        let what = format!("{method} {path}");
        self.note(&what, answer);
    }

    /// Asks the instance whose turn it is.
    async fn ask_one(&self, turn: usize, request: &str) -> Result<Answer, Lost> {
        let wire = {
            let wires = self.wires.lock().unwrap();
            Arc::clone(&wires[turn % wires.len()])
        };
        let answer = wire.ask(request, false).await;
        if !matches!(answer, Err(Lost::Closed { used: true })) {
            return answer;
        }
        self.tally.lock().unwrap().retried += 1;
        wire.ask(request, true).await
    }

    fn note(&self, what: &str, answer: Result<Answer, Lost>) {
        let told = self.told.load(Ordering::Relaxed);
        let mut tally = self.tally.lock().unwrap();
        match answer {
            Ok(answer) => {
                tally.told_to_leave += u64::from(answer.last);
                if told {
                    tally.answered_after += 1;
                } else {
                    tally.answered_before += 1;
                }
                self.answered.send_modify(|answered| *answered += 1);
                tally.note(what, told, &answer);
            }
            Err(Lost::Failed(why)) => tally.failures.push(format!("{what}: {why}")),
            Err(Lost::Refused) => {
                tally.refused += 1;
                tally.early += u64::from(!told);
                tally.first_refused.get_or_insert_with(Instant::now);
            }
            Err(Lost::Closed { .. }) => {
                tally.not_taken += 1;
                tally.early += u64::from(!told);
            }
        }
    }
}

impl Tally {
    fn note(&mut self, what: &str, told: bool, answer: &Answer) {
        match answer.status {
            202 => {
                let run: Value = serde_json::from_str(&answer.body).unwrap();
                self.started.push(run["id"].as_str().unwrap().to_owned());
            }
            200 => {}
            503 if what == "GET /readyz" => {
                if told {
                    self.not_ready.get_or_insert_with(Instant::now);
                }
            }
            status => self.failures.push(format!("{what}: {status} {}", answer.body)),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answered_before, answered_after, retried, refused, not_taken, .. } = self;
        write!(
            f,
            "{answered_before} requests answered before the signal and {answered_after} after it ({} \
             with `connection: close`, {} runs started), {} failed, {retried} retried, {not_taken} \
             not taken, {refused} refused, {} asked elsewhere",
            self.told_to_leave,
            self.started.len(),
            self.failures.len(),
            self.elsewhere,
        )
    }
}
