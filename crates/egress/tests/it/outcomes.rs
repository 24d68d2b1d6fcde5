//! Whether a failed request was sent, and what an answer says about waiting.

use gathering_domain::{Advice, Duration, Failure};
use gathering_egress::{Egress, EgressErrorKind, EgressRequest, Sent};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use crate::server::{Script, Server, allowing, answer};

#[tokio::test]
async fn a_name_without_address_was_not_sent_and_may_be_tried_again() {
    let egress = Egress::builder().resolver(Script::new(&[])).build();
    let error = egress.send(EgressRequest::get("https://nowhere.example/a?key=1")).await;
    let error = error.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::NameNotResolved { .. }), "{error:?}");
    assert_eq!(error.sent, Sent::No);
    assert_eq!(
        error.story(),
        "could not GET https://nowhere.example/a: the name `nowhere.example` could not be \
         resolved: no such name"
    );
    assert_eq!(Failure::from(error).advice, Advice::Retry { after: None });
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let request = EgressRequest::post_json(format!("http://{address}/"), "{}");
    let error = allowing(&["127.0.0.1"]).send(request).await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::NotConnected { .. }), "{error:?}");
    assert_eq!(error.sent, Sent::No);
    let failure = Failure::from(error);
    assert_eq!(
        (failure.code.as_str(), failure.advice),
        ("not_connected", Advice::Retry { after: None })
    );
}

#[tokio::test]
async fn a_failed_handshake_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let answer_in_clear = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"this is not TLS").await.unwrap();
    };
    let egress = allowing(&["127.0.0.1"]);
    let ((), answer) = tokio::join!(answer_in_clear, egress.send(EgressRequest::get(url)));
    let error = answer.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::NotConnected { .. }), "{error:?}");
    assert_eq!(error.sent, Sent::No);
}

#[tokio::test]
async fn a_connection_cut_after_sending_is_an_unknown_outcome() {
    for cut in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"] {
        let server = Server::saying(cut).await;
        let request = EgressRequest::post_json(server.url("/"), "{}");
        let error = match allowing(&["127.0.0.1"]).send(request).await {
            Ok(answer) => answer.bytes().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error.kind, EgressErrorKind::ConnectionLost(_)), "{cut}: {error:?}");
        assert_eq!(error.sent, Sent::Maybe);
        assert_eq!(Failure::from(error).advice, Advice::Unknown { after: None });
        assert_eq!(server.requests().len(), 1, "never sent twice");
    }
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in
        ["200 OK", "204 No Content", "404 Not Found", "429 Slow", "500 Broken", "302 Found"]
    {
        let server = Server::saying(answer(status, "", "")).await;
        let request = EgressRequest::get(server.url("/"));
        let answer = allowing(&["127.0.0.1"]).send(request).await.unwrap();
        assert!(status.starts_with(answer.status().as_str()));
    }
}

#[tokio::test]
async fn retry_after_is_read_as_seconds_or_as_a_date() {
    let date = "date: Sun, 22 Nov 2026 11:00:00 GMT\r\n";
    for (headers, wait) in [
        ("retry-after: 7\r\n".to_owned(), Some(Duration::from_secs(7))),
        ("retry-after: 99999999\r\n".to_owned(), Some(Duration::from_secs(86_400))),
        (
            format!("retry-after: Sun, 22 Nov 2026 11:00:30 GMT\r\n{date}"),
            Some(Duration::from_secs(30)),
        ),
        (format!("retry-after: Sun, 22 Nov 2026 10:00:00 GMT\r\n{date}"), Some(Duration::ZERO)),
        ("retry-after: Sun, 22 Nov 2026 11:00:30 GMT\r\n".to_owned(), None),
        ("retry-after: soon\r\n".to_owned(), None),
        (String::new(), None),
    ] {
        let server = Server::saying(answer("429 Slow", &headers, "")).await;
        let request = EgressRequest::get(server.url("/"));
        let answer = allowing(&["127.0.0.1"]).send(request).await.unwrap();
        assert_eq!(answer.retry_after(), wait, "{headers}");
    }
}

#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    // The test runner sets no proxy; what can be held is that the client asks the target itself,
    // with an origin-form request line, as no proxy gets it.
    let server = Server::saying(answer("200 OK", "", "")).await;
    allowing(&["127.0.0.1"]).send(EgressRequest::get(server.url("/a?b=1"))).await.unwrap();
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /a?b=1 HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains("user-agent: gathering/"), "{requests:?}");
}
