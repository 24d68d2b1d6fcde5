//! `/metrics`, and what the edge tells whoever counts.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use futures::future::BoxFuture;
use gathering_api::{
    ApiState, Metrics, MetricsSource, Observer, Options, RequestSeen, Site, metrics_router,
};
use gathering_domain::{Duration, Role};
use gathering_testkit::CountingIds;
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};

use crate::support::{Answer, Asked, Bench, Connection, client::PATIENCE};

struct Seven;

impl MetricsSource for Seven {
    fn write(&self) -> BoxFuture<'_, String> {
        Box::pin(std::future::ready("seven 7\n# EOF\n".to_owned()))
    }
}

fn metrics(token: Option<&str>) -> Metrics {
    Metrics { source: Arc::new(Seven), token: token.map(Into::into) }
}

/// Figures that take as long as a test says.
struct Slow {
    begun: Arc<Notify>,
    go: Arc<Notify>,
}

impl MetricsSource for Slow {
    fn write(&self) -> BoxFuture<'_, String> {
        Box::pin(async {
            self.begun.notify_one();
            self.go.notified().await;
            "slow 1\n# EOF\n".to_owned()
        })
    }
}

/// A listener that has figures and nothing else.
struct Figures {
    address: String,
    serving: JoinSet<()>,
}

impl Figures {
    async fn serve(bench: &Bench, metrics: Metrics, options: Options) -> Self {
        Self::at(bench, metrics, options, Site::default()).await
    }

    async fn at(bench: &Bench, metrics: Metrics, options: Options, site: Site) -> Self {
        let mut state = ApiState::new(bench.app.clone(), Arc::new(CountingIds::default()));
        state.site = Arc::new(site);
        let (site, stop) = (Arc::clone(&state.site), bench.draining.clone());
        let router = metrics_router(state, options, metrics);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut serving = JoinSet::new();
        serving.spawn(gathering_api::serve(listener, router, options, None, site, stop));
        Self { address, serving }
    }

    async fn ask(&self, path: &str, host: &str) -> Answer {
        let mut connection = Connection::open(&self.address).await;
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        connection.send(head.as_bytes()).await;
        connection.answer().await
    }

    async fn end(self, bench: &Bench) {
        bench.draining.cancel();
        self.serving.join_all().await;
    }
}

fn get(token: Option<&str>) -> Asked {
    let asked = Asked::new("GET", "/metrics");
    token.map_or(asked.clone(), |token| asked.token(token))
}

#[derive(Default)]
struct Ear {
    ended: Mutex<Vec<RequestSeen>>,
    streams: AtomicI64,
    closed: Notify,
}

impl Observer for Ear {
    fn ended(&self, request: &RequestSeen) {
        self.ended.lock().unwrap().push(*request);
    }

    fn stream_opened(&self) {
        self.streams.fetch_add(1, Ordering::SeqCst);
    }

    fn stream_closed(&self) {
        self.streams.fetch_sub(1, Ordering::SeqCst);
        self.closed.notify_one();
    }
}

impl Ear {
    fn last(&self) -> (&'static str, &'static str, Option<u16>, Option<&'static str>) {
        let seen = *self.ended.lock().unwrap().last().unwrap();
        (seen.method, seen.route, seen.status.map(|status| status.as_u16()), seen.code)
    }
}

#[tokio::test]
async fn without_a_token_there_are_no_figures_beside_the_api() {
    for metrics in [None, Some(metrics(None))] {
        let bench = Bench::dressed(|state: &mut ApiState| state.metrics = metrics).await;
        assert_eq!(bench.ask(get(None)).await.problem(), (404, "unknown_route".to_owned()));
        assert_eq!(bench.ask(get(Some("any"))).await.problem().0, 404);
    }
}

#[tokio::test]
async fn figures_are_shown_for_their_token_alone() {
    let token = "a-token-of-the-scraper";
    let bench = Bench::dressed(|state| state.metrics = Some(metrics(Some(token)))).await;
    let owner = bench.token(Role::Owner).await;
    for wrong in [None, Some(""), Some("a-token-of-the-scrape"), Some(&*owner)] {
        assert_eq!(bench.ask(get(wrong)).await.problem(), (401, "unauthenticated".to_owned()));
    }
    let answer = bench.ask(get(Some(token))).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "seven 7\n# EOF\n"));
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let refusal = bench.ask(Asked::new("POST", "/metrics")).await.problem();
    assert_eq!(refusal, (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn a_listener_of_their_own_has_figures_and_nothing_else() {
    let bench = Bench::new().await;
    let figures = Figures::serve(&bench, metrics(None), Options::default()).await;
    assert_eq!(figures.ask("/metrics", "test").await.text(), "seven 7\n# EOF\n");
    assert_eq!(figures.ask("/healthz", "test").await.problem(), (404, "unknown_route".to_owned()));
    figures.end(&bench).await;
}

#[tokio::test]
async fn a_scrape_takes_its_time() {
    let bench = Bench::new().await;
    let (begun, go) = (Arc::<Notify>::default(), Arc::<Notify>::default());
    let source = Arc::new(Slow { begun: Arc::clone(&begun), go: Arc::clone(&go) });
    let head_time = Duration::from_millis(100);
    let options = Options { head_time, ..Options::default() };
    let figures = Figures::serve(&bench, Metrics { source, token: None }, options).await;
    let scraped = figures.ask("/metrics", "test");
    let waits = async {
        begun.notified().await;
        // Another one shows that a connection without a request is not kept for longer than this.
        assert!(Connection::open(&figures.address).await.ends().await);
        go.notify_one();
    };
    let (answer, ()) = tokio::join!(scraped, waits);
    assert_eq!(answer.text(), "slow 1\n# EOF\n");
    figures.end(&bench).await;
}

#[tokio::test]
async fn no_page_leads_its_own_name_to_the_figures() {
    let bench = Bench::new().await;
    let site = Site { hosts: Some(Vec::new()), ..Site::default() };
    let figures = Figures::at(&bench, metrics(None), Options::default(), site).await;
    let refused = figures.ask("/metrics", "evil.test").await;
    assert_eq!(refused.problem(), (421, "wrong_host".to_owned()));
    assert_eq!(figures.ask("/metrics", "127.0.0.1:9464").await.status, 200);
    figures.end(&bench).await;
}

#[tokio::test]
async fn each_request_is_told_by_its_route_and_never_by_its_path() {
    let ear = Arc::<Ear>::default();
    let heard = Arc::clone(&ear);
    let bench = Bench::dressed(move |state| state.observer = heard).await;
    bench.ask(Asked::new("GET", "/healthz")).await;
    assert_eq!(ear.last(), ("GET", "/healthz", Some(200), None));
    let id = "run_00000000000000000000000000000009";
    bench.ask(Asked::new("GET", &format!("/api/v1/runs/{id}"))).await;
    let refused = ("GET", "/api/v1/runs/{run_id}", Some(401), Some("unauthenticated"));
    assert_eq!(ear.last(), refused);
    bench.ask(Asked::new("GET", "/whatever/they/like")).await;
    assert_eq!(ear.last(), ("GET", "other", Some(404), Some("unknown_route")));
    bench.ask(Asked::new("BREW", "/healthz")).await;
    let (method, route, status, _) = ear.last();
    assert_eq!((method, route, status), ("other", "other", Some(405)));
    let body = json!({ "email": "nobody@example.com", "password": "not the right one" });
    bench.ask(Asked::new("POST", "/api/v1/auth/login").json(&body)).await;
    let seen = *ear.ended.lock().unwrap().last().unwrap();
    assert_eq!(seen.sign_in(), Some("wrong_credentials"));
}

#[tokio::test]
async fn a_stream_is_told_as_opened_and_as_closed() {
    let ear = Arc::<Ear>::default();
    let heard = Arc::clone(&ear);
    let bench = Bench::dressed(move |state| state.observer = heard).await;
    let token = bench.token(Role::Viewer).await;
    let mut connection = Connection::open(&bench.address).await;
    connection.send(&Asked::new("GET", "/api/v1/events").token(&token).bytes()).await;
    assert_eq!(connection.head().await.0, 200);
    assert_eq!(ear.streams.load(Ordering::SeqCst), 1);
    drop(connection);
    tokio::time::timeout(PATIENCE, ear.closed.notified()).await.unwrap();
    assert_eq!(ear.streams.load(Ordering::SeqCst), 0);
}
