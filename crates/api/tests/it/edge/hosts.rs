//! Names under which the server answers.

use gathering_api::{Options, Site};
use gathering_testkit::Place;

use crate::support::{Bench, Connection};

async fn asked_as(bench: &Bench, host: &str, more: &str) -> (u16, String) {
    let mut connection = Connection::open(&bench.address).await;
    let head = format!("GET /readyz HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\n\r\n");
    connection.send(head.as_bytes()).await;
    let answer = connection.answer().await;
    if answer.status == 200 { (200, String::new()) } else { answer.problem() }
}

#[tokio::test]
async fn a_page_that_leads_its_name_here_reads_nothing() {
    let site = Site { hosts: Some(vec!["g.example".parse().unwrap()]), ..Site::default() };
    let bench = Bench::at(Place::sqlite(), Options::default(), site).await;
    let port = bench.address.rsplit_once(':').unwrap().1;
    for host in ["localhost", "127.0.0.1", "[::1]", "g.example", "G.EXAMPLE"] {
        assert_eq!(asked_as(&bench, host, "").await.0, 200, "{host}");
        assert_eq!(asked_as(&bench, &format!("{host}:{port}"), "").await.0, 200, "{host}");
    }
    let wrong = (421, "wrong_host".to_owned());
    for host in ["evil.test", "localhost.evil.test", "127.0.0.1.nip.test", "g.example.evil.test"] {
        let host = format!("{host}:{port}");
        assert_eq!(asked_as(&bench, &host, "").await, wrong, "{host}");
        // Nothing else that a page or a proxy says makes it another host.
        let more = "x-forwarded-host: localhost\r\norigin: http://localhost\r\n";
        assert_eq!(asked_as(&bench, &host, more).await, wrong, "{host}");
    }
    assert_eq!(asked_as(&bench, "localhost", "host: evil.test\r\n").await, wrong);
}
