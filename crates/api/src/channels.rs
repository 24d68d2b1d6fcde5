//! `/api/v1/channels`: ways to notify people.

mod change;
mod look;
mod probe;
mod view;

pub(crate) use change::{
    __path_create_channel, __path_delete_channel, __path_update_channel, create_channel,
    delete_channel, update_channel,
};
pub(crate) use look::{__path_get_channel, __path_list_channels, get_channel, list_channels};
pub(crate) use probe::{__path_test_channel, test_channel};
