//! A served instance as a process, and a client that speaks to it over HTTP.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use futures::StreamExt as _;
use gathering_testkit::{Place, temp_dir};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, ChildStderr},
    task::JoinHandle,
    time::timeout,
};

use crate::program::Program;

/// How long anything in these tests may take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// The password of the owner.
pub(crate) const PASSWORD: &str = "plum orbit kettle 42";

/// Where a server keeps what outlives it.
pub(crate) struct Home {
    database: Option<String>,
    folder: TempDir,
    variables: Vec<(String, String)>,
    log: Option<PathBuf>,
    /// Holds the database that was made for this home.
    _place: Option<Place>,
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) setup_token: Option<String>,
    /// What it logs, up to its end.
    log: Option<JoinHandle<String>>,
}

/// A caller.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    url: String,
    pub(crate) token: Option<String>,
}

/// Events of a stream, as they come.
pub(crate) struct Events {
    body: futures::stream::BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
}

impl Home {
    pub(crate) fn new(place: Place) -> Self {
        let database = place.url().map(str::to_owned);
        Self { database, _place: Some(place), ..Self::on(None) }
    }

    /// On a database that somebody else holds.
    pub(crate) fn on(database: Option<String>) -> Self {
        let (folder, variables) = (temp_dir(), Vec::new());
        Self { database, folder, variables, log: None, _place: None }
    }

    /// With a file to which all servers that start here append what they log.
    pub(crate) fn logging_to(mut self, file: PathBuf) -> Self {
        self.log = Some(file);
        self
    }

    /// With a variable for each server that starts here.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// With callers who may ask as often as they like.
    pub(crate) fn unhurried(mut self) -> Self {
        for class in ["READ", "WRITE", "STREAM", "EXPENSIVE", "SIGN_IN"] {
            self = self.env(&format!("GATHERING_RATES_{class}"), "off");
        }
        self
    }

    /// The variables for each server that starts here.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Whether several servers may serve it at once.
    pub(crate) const fn is_shared(&self) -> bool {
        self.database.is_some()
    }

    /// The data directory.
    pub(crate) fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// The arguments that lead to this store.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--data-dir".to_owned(), self.data_dir().display().to_string()];
        if let Some(url) = &self.database {
            arguments.extend(["--database-url".to_owned(), url.clone()]);
        }
        arguments
    }

    /// The last lines that servers logged to the file.
    pub(crate) fn logged(&self, lines: usize) -> String {
        let text = self.log.as_ref().map(fs::read_to_string).transpose().unwrap();
        let text = text.unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Starts a server on a port of its own.
    pub(crate) async fn serve(&self) -> Server {
        match Server::greeted(self.launch()).await {
            Ok(server) => server,
            Err(log) => panic!("the server did not start: {log}"),
        }
    }

    /// The arguments that start a server on a port of its own.
    pub(crate) fn serving(&self) -> Vec<String> {
        let mut arguments = self.arguments();
        arguments.extend(["serve", "--listen", "127.0.0.1:0", "--json"].map(str::to_owned));
        arguments
    }

    /// Starts the process of a server, and does not wait for it.
    pub(crate) fn launch(&self) -> Child {
        let mut program = Program::new(self.serving());
        for (name, value) in &self.variables {
            program = program.env(name, value);
        }
        if let Some(log) = &self.log {
            program =
                program.logging_to(File::options().create(true).append(true).open(log).unwrap());
        }
        program.start()
    }
}

/// Reads the log to its end, so that the server can go on writing it.
fn drain(mut log: BufReader<ChildStderr>) -> JoinHandle<String> {
    let drained = async move {
        let mut text = String::new();
        log.read_to_string(&mut text).await.unwrap();
        text
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the process that writes the log")]
    tokio::spawn(drained)
}

/// The log of a server that ends.
async fn logged(log: Option<JoinHandle<String>>) -> String {
    let Some(log) = log else { return String::new() };
    timeout(PATIENCE, log).await.expect("the log ends in time").unwrap()
}

impl Server {
    /// The server of this process, once it is ready; what it logged if it ended before that.
    pub(crate) async fn greeted(mut child: Child) -> Result<Self, String> {
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let log = child.stderr.take().map(|log| drain(BufReader::new(log)));
        let first = timeout(PATIENCE, said.next_line()).await.expect("ready in time").unwrap();
        let Some(line) = first else {
            return Err(logged(log).await);
        };
        let greeting: Value = serde_json::from_str(&line).unwrap();
        let link = greeting["setup_link"].as_str().map(str::to_owned);
        Ok(Self {
            child,
            log,
            url: greeting["url"].as_str().unwrap().to_owned(),
            setup_token: link.map(|link| link.split_once("#setup=").unwrap().1.to_owned()),
        })
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").unwrap()
    }

    /// Waits for its end, and answers what it logged as well.
    pub(crate) async fn ended_saying(mut self) -> (ExitStatus, String) {
        let log = self.log.take();
        let status = self.ended().await;
        (status, logged(log).await)
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap()
    }

    /// Ends it as a power failure would.
    pub(crate) async fn kill(self) {
        self.signal(Signal::KILL);
        self.ended().await;
    }

    /// A caller whom nobody knows.
    pub(crate) fn stranger(&self) -> Api {
        // A second install is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        Api { client, url: self.url.clone(), token: None }
    }

    /// The first owner, by the set-up link.
    pub(crate) async fn set_up(&self) -> Api {
        let body = json!({
            "token": self.setup_token.as_ref().unwrap(),
            "email": "ada@example.com",
            "name": "Ada",
            "password": PASSWORD,
        });
        let api = self.stranger();
        let (status, answer) = api.post("/api/v1/auth/setup", &body).await;
        assert!(status.is_success(), "{status}: {answer}");
        Api { token: Some(answer["token"].as_str().unwrap().to_owned()), ..api }
    }

    /// The same caller at this server, after another one on the same store.
    pub(crate) fn known(&self, earlier: &Api) -> Api {
        Api { token: earlier.token.clone(), ..self.stranger() }
    }
}

impl Api {
    /// Signs in.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Self {
        let body = json!({ "email": email, "password": password });
        let (status, answer) = self.post("/api/v1/auth/login", &body).await;
        assert!(status.is_success(), "{status}: {answer}");
        Self { token: Some(answer["token"].as_str().unwrap().to_owned()), ..self.clone() }
    }

    /// The same client with another token.
    pub(crate) fn by(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Sends these bytes; a change is one of version 1.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Vec<u8>,
    ) -> (StatusCode, Value) {
        let request = self.request(method, path).header("if-match", "\"1\"");
        answer(request.header("content-type", media_type).body(body)).await
    }

    /// Sends JSON that is to change this version.
    pub(crate) async fn send_at(
        &self,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: String,
    ) -> (StatusCode, Value) {
        let request = self.request(method, path).header("content-type", "application/json");
        let request = match version {
            Some(version) => request.header("if-match", version),
            None => request,
        };
        answer(request.body(body)).await
    }

    /// Makes a pipeline of the text of a YAML file, and answers its id.
    pub(crate) async fn create_pipeline(&self, yaml: &str) -> String {
        let request = self.request(Method::POST, "/api/v1/pipelines");
        let request = request.header("content-type", "application/yaml").body(yaml.to_owned());
        let (status, pipeline) = answer(request).await;
        assert_eq!(status, StatusCode::CREATED, "{pipeline}");
        pipeline["id"].as_str().unwrap().to_owned()
    }

    /// Starts a run of a pipeline under an idempotency key, and answers it.
    pub(crate) async fn start_run(&self, pipeline: &str, key: &str, input: &Value) -> Value {
        let request = self.request(Method::POST, &format!("/api/v1/pipelines/{pipeline}/runs"));
        let request = request.header("idempotency-key", key).json(&json!({ "input": input }));
        let (status, run) = answer(request).await;
        assert!(status.is_success(), "{status}: {run}");
        run
    }

    /// The bytes of a path.
    pub(crate) async fn text(&self, path: &str) -> String {
        self.request(Method::GET, path).send().await.unwrap().text().await.unwrap()
    }

    /// The events of a run, from its first one.
    pub(crate) async fn events(&self, run: &str) -> Events {
        self.stream(&format!("/api/v1/runs/{run}/events?after=0")).await
    }

    /// The events of a path.
    pub(crate) async fn stream(&self, path: &str) -> Events {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.bytes_stream().map(|piece| piece.map(|piece| piece.to_vec())).boxed();
        Events { body, text: String::new() }
    }

    /// The run, once it is in this status.
    pub(crate) async fn wait_for(&self, run: &str, status: &str) -> Value {
        let mut events = self.events(run).await;
        let ended = |event: &Value| {
            let of_run = event["data"]["run_id"] == run;
            let kind = event["type"].as_str().unwrap_or_default();
            of_run
                && ["run.succeeded", "run.failed", "run.cancelled", "run.timed_out"].contains(&kind)
        };
        events.find(ended).await;
        let (_, found) = self.get(&format!("/api/v1/runs/{run}")).await;
        assert_eq!(found["status"], status, "{found:#}");
        found
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

impl Events {
    /// Reads up to an event that fits, and answers it.
    pub(crate) async fn find(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        timeout(PATIENCE, async {
            loop {
                while let Some((event, rest)) = self.text.split_once("\n\n") {
                    let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                    let value = data.and_then(|data| serde_json::from_str::<Value>(data).ok());
                    self.text = String::from(rest);
                    if let Some(value) = value.filter(|value| fits(value)) {
                        return value;
                    }
                }
                let piece = self.body.next().await.expect("the stream goes on").unwrap();
                self.text.push_str(std::str::from_utf8(&piece).unwrap());
            }
        })
        .await
        .expect("the event comes in time")
    }

    /// Reads until the server ends the stream.
    pub(crate) async fn ended(&mut self) {
        timeout(PATIENCE, async { while let Some(Ok(_)) = self.body.next().await {} })
            .await
            .expect("the stream ends in time");
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
