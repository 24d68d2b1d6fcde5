//! `/api/v1/auth`: set-up of the first owner, invitations, sign-in, sessions, and who one is.

mod accept;
mod login;
mod logout;
mod me;
mod password;
mod reset;
mod sessions;
mod setup;
mod trying;
mod view;

pub(crate) use accept::{__path_accept, accept};
pub(crate) use login::{__path_login, login};
pub(crate) use logout::{__path_logout, logout};
pub(crate) use me::{__path_me, __path_update_me, me, update_me};
pub(crate) use password::{__path_change_password, change_password};
pub(crate) use reset::{__path_reset_password, reset_password};
pub(crate) use sessions::{
    __path_list_sessions, __path_list_user_sessions, __path_revoke_other_sessions,
    __path_revoke_session, __path_revoke_user_session, __path_revoke_user_sessions, list_sessions,
    list_user_sessions, revoke_other_sessions, revoke_session, revoke_user_session,
    revoke_user_sessions,
};
pub(crate) use setup::{__path_setup, setup};
pub(crate) use view::{SignedInView, UserView};
