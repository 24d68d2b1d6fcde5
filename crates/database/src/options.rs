//! Where the database is, and how much of it to use.

use std::fmt;
use std::path::PathBuf;

use crate::limits;

/// Where the database is, and how much of it to use.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    pub(crate) location: Location,
    pub(crate) readers: usize,
    pub(crate) pool: usize,
    pub(crate) certificates: Option<Vec<u8>>,
    pub(crate) though_departed: bool,
    #[cfg(feature = "sabotage")]
    pub(crate) sabotage: Sabotage,
}

#[derive(Clone)]
pub(crate) enum Location {
    Sqlite { directory: PathBuf },
    Postgres { url: String },
}

/// A promise to break on purpose, so that a test can prove that its checker notices.
#[cfg(feature = "sabotage")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// Breaks nothing.
    #[default]
    None,
    /// Commits without waiting for the disk.
    SkipSync,
    /// Tells callers that their work is done before it is committed.
    AcknowledgeBeforeCommit,
    /// Delivers no notice.
    DropNotices,
}

impl DatabaseOptions {
    /// The embedded store in a data directory, which is created if absent.
    pub fn sqlite(directory: impl Into<PathBuf>) -> Self {
        Self::new(Location::Sqlite { directory: directory.into() })
    }

    /// A PostgreSQL server: `postgres://user:password@host/database`.
    ///
    /// With `sslmode=require` (or `verify-full`) the connection is encrypted and the server's
    /// certificate and name are checked; otherwise it is plain.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::new(Location::Postgres { url: url.into() })
    }

    const fn new(location: Location) -> Self {
        Self {
            location,
            readers: limits::SQLITE_READERS,
            pool: limits::POSTGRES_POOL,
            certificates: None,
            though_departed: false,
            #[cfg(feature = "sabotage")]
            sabotage: Sabotage::None,
        }
    }

    /// Sets the number of reader threads on SQLite; at least one.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Sets the number of pooled connections on PostgreSQL; at least one. Batches, lanes, sessions and
    /// the listener have connections of their own.
    pub fn pool(mut self, connections: usize) -> Self {
        self.pool = connections.max(1);
        self
    }

    /// Trusts the PEM certificates given instead of the public authorities, for TLS to PostgreSQL.
    pub fn certificates(mut self, pem: Vec<u8>) -> Self {
        self.certificates = Some(pem);
        self
    }

    /// Opens a store also if it has gone to another database, or is about to: see [`crate::departed`].
    pub const fn though_departed(mut self) -> Self {
        self.though_departed = true;
        self
    }

    /// Breaks a promise on purpose.
    #[cfg(feature = "sabotage")]
    pub const fn sabotage(mut self, sabotage: Sabotage) -> Self {
        self.sabotage = sabotage;
        self
    }
}

impl fmt::Debug for Location {
    /// Leaves the URL out: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { directory } => {
                f.debug_struct("Sqlite").field("directory", directory).finish()
            }
            Self::Postgres { .. } => f.write_str("Postgres"),
        }
    }
}
