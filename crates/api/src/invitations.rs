//! `/api/v1/invitations`: one-time links by which somebody becomes a user.

mod change;
mod list;
mod view;

pub(crate) use change::{
    __path_create_invitation, __path_delete_invitation, create_invitation, delete_invitation,
};
pub(crate) use list::{__path_list_invitations, list_invitations};
