//! `/api/v1/auth`: set-up of the first owner, sign-in, sign-out, and who one is.

mod login;
mod logout;
mod me;
mod setup;
mod view;

pub(crate) use login::{__path_login, login};
pub(crate) use logout::{__path_logout, logout};
pub(crate) use me::{__path_me, me};
pub(crate) use setup::{__path_setup, setup};
