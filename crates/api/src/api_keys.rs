//! `/api/v1/api-keys`: keys by which programs act for a user.

mod change;
mod list;
mod view;

pub(crate) use change::{
    __path_create_api_key, __path_revoke_api_key, create_api_key, revoke_api_key,
};
pub(crate) use list::{
    __path_list_api_keys, __path_list_user_api_keys, list_api_keys, list_user_api_keys,
};
