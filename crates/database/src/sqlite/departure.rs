//! A store that has gone to another database: a note in its data directory keeps it from being served.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use super::Sqlite;
use super::files::DATABASE;
use crate::{Error, Result};

/// The note. What stands in it is the writer's business.
const NOTE: &str = "gathering.moved";
/// The note while it is written.
const NEW_NOTE: &str = "gathering.moved.new";
/// What the file of a store is called after it has gone.
const SET_ASIDE: &str = "gathering.db.moved";

/// The note of a data directory whose store has gone, or is about to.
pub fn departed(directory: &Path) -> Result<Option<String>> {
    match fs::read_to_string(directory.join(NOTE)) {
        Ok(note) => Ok(Some(note)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::other("read the note of a store that has gone", error)),
    }
}

/// Refuses a directory with a note.
pub(super) fn refuse(directory: &Path) -> Result<()> {
    match departed(directory)? {
        Some(_) => Err(Error::Departed { directory: directory.to_owned() }),
        None => Ok(()),
    }
}

impl Sqlite {
    /// Writes the note; from now on, also after a crash, nobody opens the store who does not say so.
    pub(crate) fn depart(&self, note: &str) -> Result<()> {
        let directory = self.directory();
        let write = || -> std::io::Result<()> {
            let new = directory.join(NEW_NOTE);
            let mut file = File::create(&new)?;
            file.write_all(note.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, directory.join(NOTE))?;
            sync(directory)
        };
        write().map_err(|error| Error::other("write the note of a store that goes", error))
    }

    /// Takes the note away.
    pub(crate) fn stay(&self) -> Result<()> {
        let directory = self.directory();
        let removed = fs::remove_file(directory.join(NOTE)).and_then(|()| sync(directory));
        removed.map_err(|error| Error::other("take the note of a store away", error))
    }

    /// Gives the closed file another name, so that programs that know no notes do not find it either.
    pub(crate) fn set_aside(&self) -> Result<()> {
        let directory = self.directory();
        let path = |suffix: &str| directory.join(format!("{DATABASE}{suffix}"));
        let rename = || -> std::io::Result<()> {
            for suffix in ["", "-wal", "-shm"] {
                match fs::rename(path(suffix), directory.join(format!("{SET_ASIDE}{suffix}"))) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    renamed => renamed?,
                }
            }
            sync(directory)
        };
        rename().map_err(|error| Error::other("set a store aside that has gone", error))
    }
}

fn sync(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}
