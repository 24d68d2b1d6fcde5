//! Encrypted connections: used when asked for, and only to a server that proves its name.

use gathering_database::{Database, DatabaseOptions, Error, Sql, params};
use gathering_testkit::postgres::PrivateServer;

/// A certificate of `localhost` that signs itself, and its key; nothing else trusts it.
const CERTIFICATE: &str = include_str!("encryption/server.crt");
const KEY: &str = include_str!("encryption/server.key");

const ENCRYPTED: Sql = Sql::both("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");

async fn is_encrypted(options: DatabaseOptions) -> Result<bool, Error> {
    let database = Database::open(options).await?;
    let (encrypted,) = database.query_opt::<(bool,)>(ENCRYPTED, params![]).await?.unwrap();
    database.close().await;
    Ok(encrypted)
}

#[tokio::test]
async fn connection_is_encrypted_to_a_server_that_proves_its_name() {
    let server = PrivateServer::start().await.unwrap();
    server.encrypt(CERTIFICATE, KEY).unwrap();
    server.restart().await.unwrap();
    let by_name = server.url().replace("127.0.0.1", "localhost");
    let options =
        |url: &str, mode: &str| DatabaseOptions::postgres(format!("{url}?sslmode={mode}"));
    let trusting = |url: &str, mode: &str| options(url, mode).certificates(CERTIFICATE.into());

    assert!(is_encrypted(trusting(&by_name, "require")).await.unwrap());
    assert!(is_encrypted(trusting(&by_name, "verify-full")).await.unwrap());
    assert!(!is_encrypted(options(&by_name, "disable")).await.unwrap());
    let untrusted = is_encrypted(options(&by_name, "require")).await.unwrap_err();
    assert!(matches!(untrusted, Error::Unavailable { .. }), "{untrusted:?}");
    let other_name = is_encrypted(trusting(&server.url(), "require")).await.unwrap_err();
    assert!(matches!(other_name, Error::Unavailable { .. }), "{other_name:?}");
}
