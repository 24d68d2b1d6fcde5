//! `/api/v1/secrets`: values that are written and used, and never read back.

mod change;
mod list;
mod view;

pub(crate) use change::{__path_delete_secret, __path_put_secret, delete_secret, put_secret};
pub(crate) use list::{__path_list_secrets, list_secrets};
