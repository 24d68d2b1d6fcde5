//! Wire formats of the model providers, and the scripted model.
//!
//! [`build`] turns a [`ProviderConfig`] into a [`gathering_llm::ModelProvider`]. Three wires cover
//! the providers: Anthropic's messages, OpenAI's chat completions (with a dialect per compatible
//! server), and Google's Gemini. Each translates a neutral request to bytes and a stream of server
//! events to neutral events; `exchange` does everything that they share, through the one egress
//! client. [`ScriptedProvider`] answers from a script, without a network.

mod config;
mod factory;

mod exchange;
mod fault;
mod seal;
mod sse;

mod anthropic;
mod google;
mod openai;

mod scripted;

#[cfg(fuzzing)]
pub mod fuzzing;

pub use config::{ProviderConfig, ProviderKind, Timeouts, UnknownProviderKind};
pub use factory::{InvalidProvider, build};
pub use scripted::{InvalidScript, Script, ScriptedProvider};
