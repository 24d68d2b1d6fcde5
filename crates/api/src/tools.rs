//! `/api/v1/tools`: what agents and pipelines can call, and calling it oneself.

mod invoke;
mod look;
mod view;

pub(crate) use invoke::{__path_invoke_tool, invoke_tool};
pub(crate) use look::{__path_get_tool, __path_list_tools, get_tool, list_tools};
