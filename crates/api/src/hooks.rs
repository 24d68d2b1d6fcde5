//! `/api/v1/hooks` and `/hooks/{token}`: addresses at which requests from outside start runs.

mod body;
mod call;
mod change;
mod look;
mod view;

pub(crate) use call::{__path_call_hook, call_hook};
pub(crate) use change::{
    __path_create_hook, __path_delete_hook, __path_pause_hook, __path_resume_hook,
    __path_rotate_hook, __path_update_hook, create_hook, delete_hook, pause_hook, resume_hook,
    rotate_hook, update_hook,
};
pub(crate) use look::{
    __path_get_hook, __path_list_hook_deliveries, __path_list_hooks, get_hook,
    list_hook_deliveries, list_hooks,
};
