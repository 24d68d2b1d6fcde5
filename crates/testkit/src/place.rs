//! A fresh place for a test's database, and a macro that runs a test on both engines.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::postgres;

/// A directory that is removed when the value is dropped.
///
/// # Panics
/// If the system's directory for temporary files refuses.
pub fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("gathering-test-")
        .tempdir()
        .expect("could not create a directory for a test")
}

/// A fresh, empty place for one test's database; it goes away when dropped.
#[derive(Debug)]
pub enum Place {
    /// A data directory.
    Sqlite(TempDir),
    /// A database of the test server.
    Postgres(postgres::FreshDatabase),
}

impl Place {
    /// An empty data directory.
    pub fn sqlite() -> Self {
        Self::Sqlite(temp_dir())
    }

    /// An empty database on the test server.
    ///
    /// # Panics
    /// If there is no PostgreSQL, with the reason: a test is never skipped.
    pub async fn postgres() -> Self {
        match postgres::fresh_database().await {
            Ok(database) => Self::Postgres(database),
            Err(reason) => panic!("no PostgreSQL for this test: {reason:#}"),
        }
    }

    /// The data directory, if this is for SQLite.
    pub fn directory(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(directory) => Some(directory.path().to_owned()),
            Self::Postgres(_) => None,
        }
    }

    /// The address, if this is for PostgreSQL.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(database) => Some(database.url()),
        }
    }
}

/// Runs each `async fn name(place: Place) { … }` as two tests, `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! each_database {
    ($($(#[$meta:meta])* async fn $name:ident($place:ident : $type:ty) $body:block)*) => {$(
        $(#[$meta])*
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a body may need no import")]
            use super::*;

            async fn body($place: $type) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::Place::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body($crate::Place::postgres().await).await;
            }
        }
    )*};
}
