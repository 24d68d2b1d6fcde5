//! Agents: definitions, prompt assembly, and the machine of a turn.
//!
//! An [`AgentDefinition`] is what a person writes. Pinned to the tools of its project it becomes a
//! [`TurnDefinition`], with which a run starts; its [`TurnInput`] says what to do. The
//! [`TurnMachine`] then asks for model calls, tool calls and answers of people until the turn ends,
//! and every request to a model is a [`Prompt`] in one fixed order. A [`Turn`] folds a journal for
//! those who only look: transcript, calls, what ended it.

mod definition;
mod prompt;
mod turn;

pub use definition::{
    AgentDefinition, AgentLimits, BusyPolicy, MAX_FALLBACKS, MAX_INSTRUCTIONS_CHARS,
    MAX_PERSONA_CHARS, MAX_TOOLS, OnLimit, ToolUse,
};
pub use prompt::{Excerpt, Prompt, PromptContext, PromptPreview};
pub use turn::{
    ApprovalAnswer, CallStatus, CallView, ModelCall, ModelCosts, ModelPurpose, NoCosts, PinnedTool,
    RoundView, StopReason, ToolCallInput, Turn, TurnDefinition, TurnInput, TurnMachine, TurnView,
};
