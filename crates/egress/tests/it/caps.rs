//! Caps of bytes and time.

use gathering_domain::Duration;
use gathering_egress::{EgressErrorKind, EgressRequest, Limits, Sent};

use crate::server::{Act, Server, allowing, answer};

fn limits() -> Limits {
    Limits {
        head: Duration::from_millis(150),
        idle: Duration::from_millis(150),
        total: Duration::from_millis(600),
        body_bytes: 1_000,
        redirects: 3,
    }
}

#[tokio::test]
async fn a_body_up_to_the_cap_passes_and_one_byte_more_does_not() {
    for (length, passes) in [(1_000, true), (1_001, false)] {
        let server = Server::saying(answer("200 OK", "", &"x".repeat(length))).await;
        let request = EgressRequest::get(server.url("/")).limits(limits());
        let body = allowing(&["127.0.0.1"]).send(request).await.unwrap().bytes().await;
        match body {
            Ok(body) => assert!(passes && body.len() == length),
            Err(error) => {
                assert!(!passes, "{error:?}");
                assert!(matches!(error.kind, EgressErrorKind::AnswerTooLarge { limit: 1_000 }));
            }
        }
    }
}

#[tokio::test]
async fn an_endless_body_without_a_length_is_cut_at_the_cap() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let server =
        Server::start(move |_| vec![Act::Say(head.clone()), Act::Say(vec![b'x'; 100_000])]).await;
    let request = EgressRequest::get(server.url("/")).limits(limits());
    let error = allowing(&["127.0.0.1"]).send(request).await.unwrap().bytes().await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::AnswerTooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn the_cap_counts_what_a_compressed_body_becomes() {
    // 100,000 zero bytes in 132.
    let mut gzip =
        b"\x1f\x8b\x08\0\0\0\0\0\x02\xff\xed\xc1\x31\x01\0\0\0\xc2\xa0\xf5\x4f\x6d\x0d\x0f\xa0"
            .to_vec();
    gzip.resize(121, 0);
    gzip.extend_from_slice(b"\x80\x57\x03\x7d\x95\x11\xd4\xa0\x86\x01\0");
    let mut message = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
    message.extend_from_slice(&gzip);
    let server = Server::saying(message).await;
    let request = EgressRequest::get(server.url("/")).limits(limits());
    let error = allowing(&["127.0.0.1"]).send(request).await.unwrap().bytes().await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::AnswerTooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn silence_before_the_head_ends_at_its_limit() {
    let server = Server::start(|_| vec![Act::Hang]).await;
    let request = EgressRequest::get(server.url("/")).limits(limits());
    let error = allowing(&["127.0.0.1"]).send(request).await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::Timeout { phase: "answer's head" }), "{error:?}");
    assert_eq!(error.sent, Sent::Maybe);
}

#[tokio::test]
async fn silence_within_the_body_ends_at_its_limit() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf".to_vec();
    let server = Server::start(move |_| vec![Act::Say(head.clone()), Act::Hang]).await;
    let request = EgressRequest::get(server.url("/")).limits(limits());
    let error = allowing(&["127.0.0.1"]).send(request).await.unwrap().bytes().await.unwrap_err();
    assert!(
        matches!(error.kind, EgressErrorKind::Timeout { phase: "answer's next piece" }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_dripping_body_ends_at_the_limit_of_the_whole() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n".to_vec();
    let server = Server::start(move |_| vec![Act::Say(head.clone()), Act::Drip(20)]).await;
    let request = EgressRequest::get(server.url("/")).limits(limits());
    let error = allowing(&["127.0.0.1"]).send(request).await.unwrap().bytes().await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::Timeout { phase: "request" }), "{error:?}");
}

#[tokio::test]
async fn requests_out_of_bounds_are_not_sent() {
    let egress = allowing(&["127.0.0.1"]);
    let server = Server::saying(answer("200 OK", "", "")).await;
    let base = || EgressRequest::get(server.url("/"));
    let many = (0..65).fold(base(), |request, n| request.header(format!("x-{n}"), "1"));
    for (request, code) in [
        (base().body(vec![0_u8; Limits::MOST_REQUEST_BYTES + 1]), "request_too_large"),
        (base().limits(Limits { body_bytes: 0, ..limits() }), "invalid_limits"),
        (base().header("host", "other.example"), "invalid_header"),
        (base().header("Content-Length", "5"), "invalid_header"),
        (base().header("transfer-encoding", "chunked"), "invalid_header"),
        (base().header("a b", "1"), "invalid_header"),
        (base().header("x", "1\r\ny: 2"), "invalid_header"),
        (base().header("x", "v".repeat(16 * 1024 + 1)), "invalid_header"),
        (many, "invalid_header"),
        (EgressRequest::new(http::Method::CONNECT, server.url("/")), "invalid_url"),
    ] {
        let error = egress.send(request).await.unwrap_err();
        assert_eq!((error.kind.code(), error.sent), (code, Sent::No), "{error:?}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn the_beginning_of_a_cut_body_can_be_read() {
    let head = b"HTTP/1.1 500 No\r\ncontent-length: 500\r\n\r\nit broke".to_vec();
    let server = Server::saying(head).await;
    let answer = allowing(&["127.0.0.1"]).send(EgressRequest::get(server.url("/"))).await.unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.beginning(5).await, "it br");
}
