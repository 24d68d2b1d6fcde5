//! Encrypted connections.

use std::sync::Arc;

use gathering_api::{Options, Tls};
use gathering_domain::Duration;
use gathering_testkit::Certificate;
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{Asked, Bench, Connection, client::PATIENCE};

fn tls(certificate: &Certificate) -> Tls {
    Tls::new(certificate.pem.as_bytes(), certificate.key_pem.as_bytes()).unwrap()
}

/// Connects as a client that knows this certificate.
async fn connect(
    bench: &Bench,
    certificate: &Certificate,
    version: &'static SupportedProtocolVersion,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(certificate.der.clone())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_protocol_versions(&[version]).unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(&bench.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap()
}

/// Asks for a path, and answers all that came.
async fn ask(stream: &mut TlsStream<TcpStream>, asked: &Asked) -> String {
    stream.write_all(&asked.bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn connections_are_encrypted_and_browsers_told_to_keep_it_so() {
    let certificate = Certificate::self_signed("one");
    let bench = Bench::encrypted(Options::default(), tls(&certificate)).await;
    for version in [&TLS12, &TLS13] {
        let mut stream = connect(&bench, &certificate, version, &["http/1.1"]).await.unwrap();
        let answer = ask(&mut stream, &Asked::new("GET", "/healthz")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    }
    for (offered, taken) in
        [(&["h2", "http/1.1"][..], Some("h2")), (&["http/1.1"], Some("http/1.1")), (&[], None)]
    {
        let stream = connect(&bench, &certificate, &TLS13, offered).await.unwrap();
        let protocol = stream.get_ref().1.alpn_protocol();
        assert_eq!(protocol.map(|name| std::str::from_utf8(name).unwrap()), taken);
    }
    assert!(connect(&bench, &certificate, &TLS13, &["spdy/3"]).await.is_err());
    let stranger = Certificate::self_signed("other");
    assert!(connect(&bench, &stranger, &TLS13, &[]).await.is_err());

    let mut plain = Connection::open(&bench.address).await;
    plain.send(&Asked::new("GET", "/healthz").bytes()).await;
    assert!(!plain.rest().await.starts_with(b"HTTP"), "nothing is said in the clear");
    let clear = Bench::new().await.ask(Asked::new("GET", "/healthz")).await;
    assert_eq!(clear.header("strict-transport-security"), "");
}

#[tokio::test]
async fn a_certificate_is_renewed_while_connections_go_on() {
    let (one, other) = (Certificate::self_signed("one"), Certificate::self_signed("other"));
    let tls = tls(&one);
    let bench = Bench::encrypted(Options::default(), tls.clone()).await;
    let mut before = connect(&bench, &one, &TLS13, &[]).await.unwrap();
    tls.renew(other.pem.as_bytes(), other.key_pem.as_bytes()).unwrap();
    assert!(connect(&bench, &one, &TLS13, &[]).await.is_err());
    assert!(connect(&bench, &other, &TLS13, &[]).await.is_ok());
    let answer = ask(&mut before, &Asked::new("GET", "/healthz")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn who_does_not_agree_on_an_encryption_blocks_nobody_and_is_cut() {
    let certificate = Certificate::self_signed("one");
    let options = Options { head_time: Duration::from_millis(300), ..Options::default() };
    let bench = Bench::encrypted(options, tls(&certificate)).await;
    // The beginning of a `ClientHello` that does not go on, and nothing at all.
    let mut half = Connection::open(&bench.address).await;
    half.send(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await;
    let mut silent = Connection::open(&bench.address).await;
    let mut stream = connect(&bench, &certificate, &TLS13, &[]).await.unwrap();
    let answer = ask(&mut stream, &Asked::new("GET", "/healthz")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(half.ends().await && silent.ends().await);
    // Nor does it hold up the end.
    let _late = Connection::open(&bench.address).await;
    bench.stop().await;
}
