//! The data directory: who holds it, what it takes, how its database is opened.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::{Error, Result, limits};

pub(super) const DATABASE: &str = "gathering.db";
const LOCK: &str = "gathering.lock";
/// The mode of a data directory that is made here.
const OWNER_ONLY_DIRECTORY: u32 = 0o700;
/// The mode of the database file and of those beside it.
const OWNER_ONLY_FILE: u32 = 0o600;

/// The files of a data directory that this process holds.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    directory: PathBuf,
}

/// Holds a data directory for this process until it is dropped.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

/// Holds a data directory, which is made if there is none, without a look at what lies in it. Until it is
/// dropped no database opens there.
#[derive(Debug)]
pub struct DirectoryClaim {
    _lock: DirectoryLock,
}

impl DirectoryClaim {
    /// Takes the directory, or says who has it.
    pub fn take(directory: &Path) -> Result<Self> {
        let (_, lock) = Files::claim(directory.to_owned())?;
        Ok(Self { _lock: lock })
    }

    /// Whether a store lies there.
    pub fn has_store(directory: &Path) -> bool {
        directory.join(DATABASE).exists()
    }
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Write,
    Read,
}

impl Files {
    /// Creates the directory if absent, for its owner alone, and takes it for this process, or says
    /// who has it.
    pub(crate) fn claim(directory: PathBuf) -> Result<(Self, DirectoryLock)> {
        DirBuilder::new()
            .recursive(true)
            .mode(OWNER_ONLY_DIRECTORY)
            .create(&directory)
            .map_err(|error| Error::other("create the data directory", error))?;
        let lock = lock(&directory)?;
        Ok((Self { directory }, lock))
    }

    /// Opens a connection; the first must be for writing, which creates the file.
    pub(crate) fn connect(&self, access: Access) -> Result<Connection> {
        let path = self.directory.join(DATABASE);
        if access == Access::Write {
            make_private(&path).map_err(|error| Error::other("create the database file", error))?;
        }
        open(&path, access).map_err(|error| Error::other("open the database file", error))
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Bytes of the database and its write-ahead log.
    pub(crate) fn size_bytes(&self) -> Result<u64> {
        let mut bytes = 0;
        for suffix in ["", "-wal"] {
            match fs::metadata(self.directory.join(format!("{DATABASE}{suffix}"))) {
                Ok(found) => bytes += found.len(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::other("measure the database file", error)),
            }
        }
        Ok(bytes)
    }
}

/// Makes the file for its owner alone, if there is none: it holds what people wrote and hashes of
/// their passwords, and its directory may have been made by others. SQLite gives the files beside it
/// the same mode.
pub(super) fn make_private(path: &Path) -> std::io::Result<()> {
    let made = File::options().write(true).create_new(true).mode(OWNER_ONLY_FILE).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn open(path: &Path, access: Access) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = if access == Access::Write { flags | OpenFlags::SQLITE_OPEN_CREATE } else { flags };
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::SQLITE_BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(limits::SQLITE_STATEMENT_CACHE);
    connection.pragma_update(None, "cache_size", -i64::from(limits::SQLITE_CACHE_KIB))?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // Plans are made once: without this, a statement is planned anew whenever a bound of a range
    // changes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    match access {
        Access::Write => {
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_update(
                None,
                "wal_autocheckpoint",
                limits::SQLITE_CHECKPOINT_PAGES,
            )?;
            // A connection joins the log with its first read. One that never did would not take the log
            // into the file, though it is the last to close.
            connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
        }
        Access::Read => connection.pragma_update(None, "query_only", true)?,
    }
    Ok(connection)
}

/// Takes the lock file. It is never deleted: that would let two processes lock two files of one name.
fn lock(directory: &Path) -> Result<DirectoryLock> {
    let fail = |error| Error::other("lock the data directory", error);
    let path = directory.join(LOCK);
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // A holder that cannot be read is reported as unknown.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim().parse().ok();
            return Err(Error::InUse { directory: directory.to_owned(), holder });
        }
        Err(TryLockError::Error(error)) => return Err(fail(error)),
    }
    file.set_len(0).map_err(fail)?;
    file.seek(SeekFrom::Start(0)).map_err(fail)?;
    writeln!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(DirectoryLock { _file: file })
}
