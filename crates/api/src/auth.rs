//! `/api/v1/auth`: set-up of the first owner, invitations, sign-in, sign-out, and who one is.

mod accept;
mod login;
mod logout;
mod me;
mod reset;
mod setup;
mod view;

pub(crate) use accept::{__path_accept, accept};
pub(crate) use login::{__path_login, login};
pub(crate) use logout::{__path_logout, logout};
pub(crate) use me::{__path_me, __path_update_me, me, update_me};
pub(crate) use reset::{__path_reset_password, reset_password};
pub(crate) use setup::{__path_setup, setup};
pub(crate) use view::UserView;
