//! The tools that ship with the server and need no sandbox.
//!
//! Each module is one tool: a struct that holds the services it needs, and a typed input and
//! output. What touches the world goes through a port or the egress client.

mod ask_person;

mod calculate;
mod time_now;

mod artifact_save;
mod http_request;

pub use artifact_save::ArtifactSave;
pub use ask_person::ask_person;
pub use calculate::Calculate;
pub use http_request::HttpRequest;
pub use time_now::TimeNow;
