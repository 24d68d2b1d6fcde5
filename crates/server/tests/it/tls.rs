//! Encryption by configuration.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use gathering_testkit::{Certificate, Place, temp_dir};
use reqwest::Client;
use rustix::process::Signal;
use serde_json::Value;
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

/// The check of the certificate by `doctor`, which ends with this status.
async fn doctor(home: &Home, code: i32) -> Value {
    let arguments = home.arguments().into_iter().chain(["doctor", "--json"].map(str::to_owned));
    let mut program = Program::new(arguments);
    for (name, value) in home.variables() {
        program = program.env(name, value);
    }
    let said = program.run().await.ends_with(code);
    let mut checks = said.lines().into_iter();
    checks.find(|check| check["check"] == "certificate").unwrap_or(Value::Null)
}

#[tokio::test]
async fn a_certificate_that_ends_is_told_of_before_it_does() {
    let folder = temp_dir();
    let (certificate, key) = (folder.path().join("server.pem"), folder.path().join("server.key"));
    let write = |made: &Certificate| {
        fs::write(&certificate, &made.pem).unwrap();
        fs::write(&key, &made.key_pem).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    };
    let token = "a-token-for-prometheus";
    let home = Home::new(Place::sqlite())
        .env("GATHERING_METRICS_TOKEN", token)
        .env("GATHERING_SERVER_TLS_CERTIFICATE", certificate.display().to_string())
        .env("GATHERING_SERVER_TLS_KEY", key.display().to_string());
    assert_eq!(doctor(&home, 1).await["verdict"], "bad", "there are no files");

    let (lasting, expired) = (
        Certificate::self_signed("lasting"),
        Certificate::valid("expired", ["200101000000Z", "210101000000Z"]),
    );
    write(&Certificate { key_pem: expired.key_pem.clone(), ..lasting.clone() });
    let found = doctor(&home, 1).await;
    assert!(found["found"].as_str().unwrap().contains("is not that of"), "{found}");
    write(&Certificate::valid("to come", ["480101000000Z", "490101000000Z"]));
    let found = doctor(&home, 1).await;
    assert!(found["found"].as_str().unwrap().contains("not valid before 2048-01-01"), "{found}");
    write(&lasting);
    let found = doctor(&home, 0).await;
    assert_eq!(found["verdict"], "good", "{found}");
    assert!(found["found"].as_str().unwrap().starts_with("for localhost, 127.0.0.1, for "));
    let elsewhere = Home::new(Place::sqlite()).env("GATHERING_SERVER_PUBLIC_URL", "https://g.test");
    let elsewhere = home.variables().iter().fold(elsewhere, |home, (n, v)| home.env(n, v));
    let found = doctor(&elsewhere, 0).await;
    assert_eq!(found["verdict"], "doubtful", "{found}");
    assert!(found["found"].as_str().unwrap().contains("not for `g.test`"), "{found}");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let found = doctor(&home, 1).await;
    assert!(found["found"].as_str().unwrap().contains("everybody on this host"), "{found}");
    write(&expired);
    let found = doctor(&home, 1).await;
    assert!(found["found"].as_str().unwrap().contains("expired at 2021-01-01"), "{found}");

    let server = home.serve().await;
    let metrics = format!("{}/metrics", server.url);
    let trusting = client(&expired);
    let ends = async |trusting: &Client| {
        let text =
            trusting.get(&metrics).bearer_auth(token).send().await.ok()?.text().await.ok()?;
        let line = "gathering_tls_certificate_expiry_seconds ";
        text.lines().find_map(|text| text.strip_prefix(line).map(str::to_owned))
    };
    // Nobody who checks the time speaks to it.
    assert_eq!(ends(&trusting).await, None);
    write(&lasting);
    let (began, mut ticks) = (Instant::now(), interval(Duration::from_millis(100)));
    let trusting = client(&lasting);
    let told = loop {
        if let Some(told) = ends(&trusting).await {
            break told;
        }
        assert!(began.elapsed() < PATIENCE, "the certificate is not renewed");
        ticks.tick().await;
    };
    // The last second of 2049.
    assert_eq!(told, "2524607999");
    server.signal(Signal::TERM);
    let (_, log) = server.ended_saying().await;
    let warned = log.lines().find(|line| line.contains("the certificate has expired")).unwrap();
    assert!(warned.contains("WARN") && warned.contains("2021-01-01"), "{warned}");
    assert!(log.contains("the certificate is valid"), "{log}");
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
