//! Shapes that several resources show: what clients see is decided here, not by the inner types.

mod actor;
mod failure;
mod page;
mod time;
mod usage;
mod words;

pub(crate) use actor::ActorView;
pub(crate) use failure::FailureView;
pub(crate) use page::PageView;
pub(crate) use time::{Time, parse_time};
pub(crate) use usage::UsageView;
pub(crate) use words::{
    ApprovalStatusWord, BusyWord, CallStatusWord, EffectKindWord, NamedKindWord, NodeStatusWord,
    PermissionWord, PolicyWord, RoleWord, RunStatusWord, StopReasonWord, WaitingWord,
};
