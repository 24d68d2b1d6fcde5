//! The neutral model interface and its stream: a port.
//!
//! A [`ModelRequest`] goes to a [`ModelProvider`], which answers with a stream of [`ModelEvent`]s.
//! An [`Assembler`] folds the stream into one [`ModelReply`] and refuses what is not a whole
//! answer; [`complete`] does both. What went wrong is a [`ModelError`], which says as a
//! [`gathering_domain::Failure`] what to do next. Nothing of a provider's wire leaks through here,
//! and nothing here does I/O: adapters live in `llm-providers`.

mod message;
mod request;

mod event;
mod reply;

mod assemble;
mod error;
mod provider;

mod model_ref;
mod prices;
mod tokens;

pub use assemble::{Assembler, complete, complete_watched};
pub use error::{Charge, ModelError, ModelErrorKind};
pub use event::{ModelEvent, StopReason};
pub use message::{
    Image, ImageSource, MalformedArguments, Message, Part, Reasoning, Role, ToolCall, ToolResult,
};
pub use model_ref::{InvalidModelRef, ModelRef};
pub use prices::{InvalidPrices, Price, Prices, USUAL_MAX_OUTPUT_TOKENS};
pub use provider::{ModelFuture, ModelInfo, ModelProvider, ModelStream, ProviderTest};
pub use reply::ModelReply;
pub use request::{
    CacheHints, ModelRequest, OutputSchema, ReasoningEffort, RequestMetadata, ToolChoice, ToolSpec,
};
pub use tokens::{CountMethod, TokenCount, estimate_request, estimate_text};
