//! A turn: one reply of an agent with its tool calls, as a machine and as a fold to look at.

mod input;

mod call;
mod name;
mod round;
mod stop;

mod people;

mod conversation;
mod fold;
mod view;

mod answer;
mod progress;

mod machine;

pub use call::{ModelCall, ModelCosts, ModelPurpose, NoCosts, ToolCallInput};
pub use fold::Turn;
pub use input::{PinnedTool, TurnDefinition, TurnInput};
pub use machine::TurnMachine;
pub use people::ApprovalAnswer;
pub use stop::StopReason;
pub use view::{CallStatus, CallView, RoundView, TurnView};
