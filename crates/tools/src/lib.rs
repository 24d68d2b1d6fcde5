//! The tool contract: schemas, effect kinds, policy; a port.
//!
//! A tool is a struct with a typed input and output ([`TypedTool`]); [`Typed`] derives its schemas
//! and makes it a [`Tool`] that any caller can hold. A [`Toolbox`] holds the tools of a server by
//! name, with their schemas compiled. Two kinds exist ([`ToolKind`]): an effect is performed by the
//! one executor, and a question to a person is awaited as a signal and never called.
//!
//! Nothing here performs I/O, decides a permission or asks for approval: a tool *states* what it
//! needs, and the executor acts on the statement.

mod question;
mod spec;
mod tool;

mod schema;

mod artifact;
mod output;

mod toolbox;
mod typed;

pub use artifact::{ArtifactRef, ArtifactSink, InvalidArtifact, NewArtifact, SinkFuture};
pub use output::{Fitted, Overflow, ToolOutput};
pub use question::{Answer, InvalidAnswer, Question};
pub use schema::{
    InvalidSchema, MAX_DEPTH, MAX_FAULTS, MAX_SCHEMA_BYTES, Schema, describe_faults, schema_of,
};
pub use spec::{Policy, ToolKind, ToolLimits, ToolSpec};
pub use tool::{ReconcileFuture, Tool, ToolContext, ToolFuture};
pub use toolbox::{RegisterError, Registered, Runner, Toolbox, UnknownTool};
pub use typed::{Typed, TypedTool};
