//! HTTP/2 as an attacker speaks it: frames by hand.

use gathering_api::Options;
use gathering_domain::Duration;
use gathering_testkit::Place;

use crate::support::{Asked, Bench, Connection};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM_AND_HEADERS: u8 = 0x5;
const ENHANCE_YOUR_CALM: u8 = 0xb;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET` of a path (HPACK: `:method: GET`, `:scheme: http`, then literals).
fn get(stream: u32, path: &str) -> Vec<u8> {
    let literal = |name: u8, value: &str| {
        [&[name, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
    };
    let head = [vec![0x82, 0x86], literal(0x04, path), literal(0x01, "localhost")].concat();
    frame(HEADERS, END_STREAM_AND_HEADERS, stream, &head)
}

/// The frames that came: kinds and payloads.
fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = bytes {
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap();
        let Some((payload, after)) = rest.split_at_checked(length) else { break };
        frames.push((*kind, payload.to_vec()));
        bytes = after;
    }
    frames
}

async fn open(bench: &Bench, settings: &[u8]) -> Connection {
    let mut connection = Connection::open(&bench.address).await;
    connection.send(&[PREFACE, &frame(SETTINGS, 0, 0, settings)].concat()).await;
    connection
}

#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let bench = Bench::new().await;
    let mut attacker = open(&bench, &[]).await;
    let pair =
        |n: u32| [get(2 * n + 1, "/healthz"), frame(RST_STREAM, 0, 2 * n + 1, &[0, 0, 0, 8])];
    let flood: Vec<u8> = (0..2_000).flat_map(pair).flatten().collect();
    attacker.send(&flood).await;
    let came = frames(attacker.rest().await);
    let away = came.iter().find(|(kind, _)| *kind == GOAWAY).expect("the connection is ended");
    assert_eq!(away.1[7], ENHANCE_YOUR_CALM);
    assert_eq!(bench.ask(Asked::new("GET", "/healthz")).await.status, 200);
}

#[tokio::test]
async fn floods_of_settings_and_pings_hold_nobody_up() {
    let options =
        Options { stall_time: Duration::from_millis(150), connections: 1, ..Options::default() };
    for (kind, payload) in [(SETTINGS, &[][..]), (PING, &[0; 8])] {
        let bench = Bench::open(Place::sqlite(), options).await;
        let mut attacker = open(&bench, &[]).await;
        // Who does not read what it is answered is not read either.
        let flood = frame(kind, 0, 0, payload).repeat(1_000);
        attacker.send_until_full(&flood, std::time::Duration::from_secs(1)).await;
        assert_eq!(bench.ask(Asked::new("GET", "/healthz")).await.status, 200);
    }
}

#[tokio::test]
async fn a_window_that_does_not_open_is_not_waited_for() {
    let options = Options { stall_time: Duration::from_millis(150), ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    // SETTINGS_INITIAL_WINDOW_SIZE: 0.
    let mut stalled = open(&bench, &[0, 4, 0, 0, 0, 0]).await;
    stalled.send(&get(1, "/style.css")).await;
    let kinds: Vec<u8> = frames(stalled.rest().await).into_iter().map(|(kind, _)| kind).collect();
    assert!(kinds.contains(&HEADERS) && !kinds.contains(&DATA), "{kinds:?}");
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go() {
    let options = Options { idle_time: Duration::from_millis(150), ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let mut idle = open(&bench, &[]).await;
    idle.send(&get(1, "/healthz")).await;
    let came = frames(idle.rest().await);
    let kinds: Vec<u8> = came.iter().map(|(kind, _)| *kind).collect();
    assert!(kinds.contains(&DATA), "{kinds:?}");
    let away = came.iter().find(|(kind, _)| *kind == GOAWAY).expect("it is told");
    assert_eq!(away.1[7], 0, "for no error");
}
