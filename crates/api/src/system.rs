//! `/api/v1/system`: what the server is, its processes and its circuit breakers.

mod look;
mod view;

pub(crate) use look::{
    __path_get_system_info, __path_list_breakers, __path_list_instances, get_system_info,
    list_breakers, list_instances,
};
