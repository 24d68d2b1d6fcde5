//! `/api/v1/agents`: configured model users, with immutable versions.

mod change;
mod look;
mod preview;
mod versions;
mod view;

pub(crate) use change::{
    __path_create_agent, __path_delete_agent, __path_replace_agent, __path_update_agent,
    create_agent, delete_agent, replace_agent, update_agent,
};
pub(crate) use look::{__path_get_agent, __path_list_agents, get_agent, list_agents};
pub(crate) use preview::{__path_preview_agent, preview_agent};
pub(crate) use versions::{
    __path_get_agent_version, __path_list_agent_versions, get_agent_version, list_agent_versions,
};
