//! Where the database is, and how much of it to use.

use std::path::PathBuf;

use crate::limits;

/// Where the database is, and how much of it to use.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    pub(crate) location: Location,
    pub(crate) readers: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Location {
    Sqlite { directory: PathBuf },
}

impl DatabaseOptions {
    /// The embedded store in a data directory, which is created if absent.
    pub fn sqlite(directory: impl Into<PathBuf>) -> Self {
        Self::new(Location::Sqlite { directory: directory.into() })
    }

    fn new(location: Location) -> Self {
        Self { location, readers: limits::SQLITE_READERS }
    }

    /// Sets the number of reader threads on SQLite; at least one.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }
}
