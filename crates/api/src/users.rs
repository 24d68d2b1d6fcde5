//! `/api/v1/users`: the people who may sign in.

mod change;
mod look;
mod password_link;

pub(crate) use change::{__path_update_user, update_user};
pub(crate) use look::{__path_get_user, __path_list_users, get_user, list_users};
pub(crate) use password_link::{__path_create_password_link, create_password_link};
