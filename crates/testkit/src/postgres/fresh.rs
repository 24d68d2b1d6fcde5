//! A database of its own for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use tokio_postgres::NoTls;

use super::binaries::variable;
use super::server::blocking;
use super::shared::shared;

/// Names a server that runs already, on which tests may create databases.
const URL_VARIABLE: &str = "GATHERING_TEST_POSTGRES";

/// A database that is dropped, with its sessions, when the value is.
#[derive(Debug)]
pub struct FreshDatabase {
    server: String,
    name: String,
    url: String,
}

/// Creates an empty database on the shared server, which is started if need be.
pub async fn fresh_database() -> Result<FreshDatabase> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let name = format!("test_{}_{number}", std::process::id());
    let server = match variable(URL_VARIABLE) {
        Some(url) => url.to_string_lossy().into_owned(),
        None => blocking(|| Ok(shared()?.url("postgres"))).await?,
    };
    // A process that had the same id may have left its database behind.
    run(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    run(&server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
    let url = with_database(&server, &name);
    Ok(FreshDatabase { server, name, url })
}

impl FreshDatabase {
    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        // A thread of its own, because this one may belong to a runtime. What fails to be dropped goes
        // away with the server.
        let dropped = std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(run(&server, &sql))
        });
        let _ = dropped.join();
    }
}

async fn run(server: &str, sql: &str) -> Result<()> {
    let (client, connection) =
        tokio_postgres::connect(server, NoTls).await.context("connect to PostgreSQL")?;
    let work = async move {
        // Dropping the client afterwards ends the connection.
        client.batch_execute(sql).await
    };
    let (done, _) = tokio::join!(work, connection);
    done.with_context(|| format!("run `{sql}`"))
}

/// The address of another database on the same server.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) =
        url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let end = address[authority..].find('/').map_or(address.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_is_replaced_in_any_url() {
        for (url, expected) in [
            ("postgres://a@b:1/c", "postgres://a@b:1/new"),
            ("postgres://a@b:1", "postgres://a@b:1/new"),
            ("postgres://a@b/c?sslmode=disable", "postgres://a@b/new?sslmode=disable"),
            ("postgres:///c?host=/run/x", "postgres:///new?host=/run/x"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }

    #[tokio::test]
    async fn each_database_is_fresh_and_goes_away() {
        let database = fresh_database().await.unwrap();
        run(database.url(), "CREATE TABLE t (a int)").await.unwrap();
        let url = database.url().to_owned();
        drop(database);
        assert!(run(&url, "SELECT 1").await.is_err());
    }
}
