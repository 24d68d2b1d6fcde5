//! A copy of a store as it stands at one moment, whoever works on it meanwhile.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::files::{DATABASE, make_private};
use crate::{Error, Result, limits};

/// Writes what has been committed to the store of `directory` at one moment into a new file `into`, whole
/// and without the rests of what was deleted.
///
/// It takes no part in who holds the directory: it reads beside a process that does, on the same machine,
/// and writes nothing there. No write waits for it; the write-ahead log grows meanwhile.
pub async fn snapshot(directory: &Path, into: &Path) -> Result<()> {
    let (from, into) = (directory.join(DATABASE), into.to_owned());
    let written = tokio::task::spawn_blocking(move || {
        // SQLite takes an empty file for a new one, and leaves its mode as it is.
        make_private(&into).map_err(|error| Error::other("create the file of a copy", error))?;
        copy(&from, &into).map_err(|error| Error::other("copy the database file", error))
    });
    written.await.map_err(|failure| Error::other("copy the database file", failure))?
}

fn copy(from: &Path, into: &Path) -> rusqlite::Result<()> {
    // A connection that may write would take the log into the file when it is the last to close.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags)?;
    connection.busy_timeout(limits::SQLITE_BUSY_WAIT)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // One statement is one transaction of reading.
    connection.execute("VACUUM INTO $1", [into.to_string_lossy()])?;
    Ok(())
}
