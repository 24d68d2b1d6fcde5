//! The one door to the files beneath a directory of the host.
//!
//! A [`Root`] opens its directory once and reaches everything beneath it by descriptor, so that what a
//! path means cannot change between the look and the use: a symlink that leads out, a directory that is
//! swapped while it is walked, and the magic links of `/proc` end at the door (`openat2` with
//! `RESOLVE_BENEATH`, through cap-std; where the kernel lacks it, cap-std walks step by step). Paths come
//! in as text from models, tools and repositories, so their text is held to narrow rules first
//! ([`BeneathPath`]), and only regular files are read and written.

mod error;
mod path;
mod root;

pub use error::{PathFault, WorkspaceError};
pub use path::{BeneathPath, COMPONENT_BYTES_MAX, COMPONENTS_MAX, PATH_BYTES_MAX};
pub use root::Root;
