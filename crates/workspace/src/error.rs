//! Why a path or a file is refused.

use std::io;

/// What is wrong with the text of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Nothing names no file.
    #[error("the path is empty")]
    Empty,
    /// Longer than a path may be.
    #[error("the path, or a part of it, is too long")]
    TooLong,
    /// From the root of the host, of a drive, or of a share.
    #[error("the path is absolute")]
    Absolute,
    /// `..`, as it stands or in disguise.
    #[error("the path leads upwards")]
    Upwards,
    /// Control characters, NUL among them, and characters that turn the direction of text.
    #[error("the path has characters that names do not have")]
    Unprintable,
    /// A backslash or a percent-encoded separator: a name to one program, two to another.
    #[error("the path has a separator in disguise")]
    Disguised,
    /// `.`, an empty part, or one that ends in a dot or a space.
    #[error("a part of the path is no name")]
    NoName,
}

/// A file could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The text is no path beneath a directory.
    #[error("`{path}` cannot be a file beneath a directory: {fault}")]
    Path {
        /// The text, cut to a readable length.
        path: String,
        /// What is wrong with it.
        fault: PathFault,
    },
    /// It leads out of the directory, by a link.
    #[error("`{0}` leads out of its directory")]
    Outside(String),
    /// It is a directory, a device, a pipe or a socket.
    #[error("`{0}` is no regular file")]
    NotAFile(String),
    /// It holds more than the caller takes.
    #[error("`{path}` has more than {most} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The most bytes, as the caller said.
        most: u64,
    },
    /// The host refused.
    #[error("could not {attempted} `{path}`")]
    Host {
        /// What was attempted: a verb.
        attempted: &'static str,
        /// The file or directory.
        path: String,
        /// What the host said.
        #[source]
        source: io::Error,
    },
}
