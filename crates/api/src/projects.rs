//! `/api/v1/projects`: what runs, definitions and secrets belong to, and who acts in them.

mod change;
mod look;
mod members;
mod view;

pub(crate) use change::{
    __path_close_project, __path_create_project, __path_update_project, close_project,
    create_project, update_project,
};
pub(crate) use look::{__path_get_project, __path_list_projects, get_project, list_projects};
pub(crate) use members::{
    __path_delete_member, __path_list_members, __path_put_member, delete_member, list_members,
    put_member,
};
pub(crate) use view::MemberRoleWord;
