//! Encryption by configuration.

use std::{fs, time::Duration};

use gathering_testkit::{Certificate, Place, temp_dir};
use reqwest::Client;
use tokio::time::{Instant, interval};

use crate::{
    program::Program,
    server::{Home, PATIENCE},
};

/// A client that trusts this certificate and no other.
fn client(certificate: &Certificate) -> Client {
    // A second install is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = reqwest::Certificate::from_der(&certificate.der).unwrap();
    Client::builder().tls_certs_only([certificate]).timeout(PATIENCE).build().unwrap()
}

#[tokio::test]
async fn a_server_with_a_certificate_speaks_https_and_takes_a_renewed_one() {
    let (one, other) = (Certificate::self_signed("one"), Certificate::self_signed("other"));
    let folder = temp_dir();
    let (certificate, key) = (folder.path().join("server.pem"), folder.path().join("server.key"));
    fs::write(&certificate, &one.pem).unwrap();
    fs::write(&key, &one.key_pem).unwrap();
    let home = Home::new(Place::sqlite())
        .env("GATHERING_SERVER_TLS_CERTIFICATE", certificate.display().to_string())
        .env("GATHERING_SERVER_TLS_KEY", key.display().to_string());
    let server = home.serve().await;
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let health = format!("{}/healthz", server.url);
    let known = client(&one);
    let answer = known.get(&health).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("strict-transport-security"));
    assert!(client(&other).get(&health).send().await.is_err());

    // As tools do that renew: one file, then the other. In between they do not belong together.
    fs::write(&key, &other.key_pem).unwrap();
    fs::write(&certificate, &other.pem).unwrap();
    let (began, mut ticks) = (Instant::now(), interval(Duration::from_millis(100)));
    while client(&other).get(&health).send().await.is_err() {
        assert!(began.elapsed() < PATIENCE, "the certificate is not renewed");
        ticks.tick().await;
    }
    // The connection of before goes on.
    assert_eq!(known.get(&health).send().await.unwrap().status(), 200);
    server.kill().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told_with_its_file() {
    let (one, other) = (Certificate::self_signed("one"), Certificate::self_signed("other"));
    let folder = temp_dir();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (certificate, key) = (file("server.pem", &one.pem), file("server.key", &one.key_pem));
    let (not_its_own, empty) = (file("other.key", &other.key_pem), file("empty.pem", ""));
    let missing = folder.path().join("missing.pem").display().to_string();
    for (certificate, key, said) in [
        (missing.as_str(), key.as_str(), ["server.tls_certificate", "missing.pem"]),
        (&empty, &key, ["empty.pem", "no certificate"]),
        (&certificate, &empty, ["server.tls_key", "empty.pem"]),
        (&certificate, &certificate, ["server.tls_key", "private key"]),
        (&certificate, &not_its_own, ["other.key", "not that of the certificate"]),
        (&certificate, "", ["server.tls_certificate", "needs `server.tls_key`"]),
        ("", &key, ["server.tls_key", "needs `server.tls_certificate`"]),
    ] {
        let data = folder.path().join("data").display().to_string();
        let mut program = Program::new(["--data-dir", &data, "serve", "--listen", "127.0.0.1:0"]);
        for (name, value) in [("CERTIFICATE", certificate), ("KEY", key)] {
            if !value.is_empty() {
                program = program.env(&format!("GATHERING_SERVER_TLS_{name}"), value);
            }
        }
        let ended = program.run().await;
        assert!(!ended.status.success(), "{said:?}");
        for word in said {
            assert!(ended.err.contains(word), "`{word}` is not in: {}", ended.err);
        }
    }
}
