//! `/api/v1/threads`: an agent's ordered messages with one user.

mod look;
mod messages;
mod open;
mod view;

pub(crate) use look::{
    __path_get_thread, __path_list_agent_threads, __path_list_threads, get_thread,
    list_agent_threads, list_threads,
};
pub(crate) use messages::{__path_list_messages, __path_post_message, list_messages, post_message};
pub(crate) use open::{__path_open_thread, open_thread};
