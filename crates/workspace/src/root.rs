//! A directory of the host, opened once; everything beneath it is reached by descriptor.

use std::{
    io::{self, Read as _, Write as _},
    path::Path,
};

use cap_std::{
    ambient_authority,
    fs::{Dir, File, OpenOptions, OpenOptionsExt as _},
};
use rustix::{fs::OFlags, io::Errno};

use crate::{BeneathPath, WorkspaceError};

/// Opening a pipe or a device must not wait for whoever is at its other end.
const NO_WAIT: i32 = OFlags::NONBLOCK.bits().cast_signed();
/// What the name of a file that is not whole yet ends with.
const UNFINISHED: &str = ".unfinished";
/// Names that are tried for it.
const NAMES_TRIED: u32 = 4;

/// A directory of the host, opened once.
#[derive(Debug)]
pub struct Root {
    dir: Dir,
    shown: String,
}

impl Root {
    /// Opens a directory that the operator named.
    pub fn open(path: &Path) -> Result<Self, WorkspaceError> {
        let shown = path.display().to_string();
        match Dir::open_ambient_dir(path, ambient_authority()) {
            Ok(dir) => Ok(Self { dir, shown }),
            Err(source) => {
                Err(WorkspaceError::Host { attempted: "open the directory", path: shown, source })
            }
        }
    }

    /// The same, made if it is missing.
    pub fn create(path: &Path) -> Result<Self, WorkspaceError> {
        match Dir::create_ambient_dir_all(path, ambient_authority()) {
            Ok(()) => Self::open(path),
            Err(source) => {
                let path = path.display().to_string();
                Err(WorkspaceError::Host { attempted: "make the directory", path, source })
            }
        }
    }

    /// The names of the entries of the directory itself, sorted; those that are not UTF-8 left out.
    /// More than `most` are refused.
    pub fn names(&self, most: usize) -> Result<Vec<String>, WorkspaceError> {
        let failed = |source| refused("list", &self.shown, source);
        let mut names = Vec::new();
        for entry in self.dir.entries().map_err(failed)? {
            let Ok(name) = entry.map_err(failed)?.file_name().into_string() else { continue };
            names.push(name);
            if names.len() > most {
                let source = io::Error::other(format!("it has more than {most} entries"));
                return Err(failed(source));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The bytes of a regular file, at most `most` of them.
    pub fn read(&self, path: &BeneathPath, most: u64) -> Result<Vec<u8>, WorkspaceError> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(NO_WAIT);
        let file = self.open_file(path, &options, "read")?;
        let mut bytes = Vec::new();
        let limit = most.saturating_add(1);
        let read = file.take(limit).read_to_end(&mut bytes);
        let read = read.map_err(|source| refused("read", path.as_str(), source))?;
        if u64::try_from(read).unwrap_or(u64::MAX) > most {
            return Err(WorkspaceError::TooLarge { path: path.to_string(), most });
        }
        Ok(bytes)
    }

    /// Writes a file, whole or not at all, in place of one that may be there; of several who write one
    /// path at the same time, the last one stays. A link of that name is replaced, not followed. Directories
    /// on the way are made.
    ///
    /// Until it is whole, a file of another name lies beside it, which a writer that is killed leaves
    /// behind. Nobody takes it away: it cannot be told from what belongs to a user.
    pub fn write(&self, path: &BeneathPath, bytes: &[u8]) -> Result<(), WorkspaceError> {
        let (dir, name) = self.place_of(path)?;
        if dir.symlink_metadata(name).is_ok_and(|found| found.is_dir()) {
            return Err(WorkspaceError::NotAFile(path.to_string()));
        }
        let failed = |source| refused("write", path.as_str(), source);
        let (mut file, unfinished) = unfinished(&dir).map_err(failed)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let moved = written.and_then(|()| dir.rename(&unfinished, &dir, name));
        moved.map_err(|source| {
            // What is left of it is of no use; that it cannot be removed is the smaller fault.
            let _ = dir.remove_file(&unfinished);
            failed(source)
        })
    }

    /// The directory of a file, made if it is missing, and the file's name there.
    fn place_of<'a>(&self, path: &'a BeneathPath) -> Result<(Dir, &'a str), WorkspaceError> {
        let failed = |source| refused("reach the directory of", path.as_str(), source);
        let Some(parent) = path.parent() else {
            return Ok((self.dir.try_clone().map_err(failed)?, path.as_str()));
        };
        let dir = match self.dir.open_dir(parent) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                let made = self.dir.create_dir_all(parent);
                made.and_then(|()| self.dir.open_dir(parent))
            }
            found => found,
        };
        Ok((dir.map_err(failed)?, path.name()))
    }

    fn open_file(
        &self,
        path: &BeneathPath,
        options: &OpenOptions,
        attempted: &'static str,
    ) -> Result<File, WorkspaceError> {
        let file = self.dir.open_with(path.as_path(), options);
        let file = file.map_err(|source| refused(attempted, path.as_str(), source))?;
        // Asked of the open file, not of its name.
        let found = file.metadata().map_err(|source| refused(attempted, path.as_str(), source))?;
        if found.is_file() { Ok(file) } else { Err(WorkspaceError::NotAFile(path.to_string())) }
    }
}

/// A new file, and its name, which nothing else there has and nobody could foresee.
fn unfinished(dir: &Dir) -> io::Result<(File, String)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    for _ in 1..NAMES_TRIED {
        let name = unfinished_name();
        match dir.open_with(&name, &options) {
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (file, name)),
        }
    }
    let name = unfinished_name();
    dir.open_with(&name, &options).map(|file| (file, name))
}

/// Short, so that a file of the longest name can be written, too.
fn unfinished_name() -> String {
    format!(".{:016x}{UNFINISHED}", rand::random::<u64>())
}

/// What the host's answer means.
fn refused(attempted: &'static str, path: &str, source: io::Error) -> WorkspaceError {
    let denied = source.kind() == io::ErrorKind::PermissionDenied;
    match Errno::from_io_error(&source) {
        // So cap-std says that a path led out, where the kernel did not say it.
        None if denied => WorkspaceError::Outside(path.to_owned()),
        Some(Errno::XDEV | Errno::LOOP) => WorkspaceError::Outside(path.to_owned()),
        Some(Errno::NXIO) => WorkspaceError::NotAFile(path.to_owned()),
        Some(_) | None => WorkspaceError::Host { attempted, path: path.to_owned(), source },
    }
}
