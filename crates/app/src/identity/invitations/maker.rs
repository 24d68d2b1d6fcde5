//! Whether whoever made a one-time link still may: else it is worth nothing.

use gathering_domain::{Actor, Permission};
use gathering_storage::{
    Tx,
    invitations::InvitationRow,
    users::{self, UserRow},
};

use crate::Result;

/// Whether this user may make links.
pub(in crate::identity) fn may_make_links(user: &UserRow) -> bool {
    user.active && user.role.allows(Permission::UserWrite)
}

/// Leaves a link out whose maker may make none any more. Asked when it is used, although their links go
/// with their rights: one could be made in the second in which another instance still knows the old ones.
pub(in crate::identity) fn still_good(
    tx: &mut Tx<'_>,
    link: Option<InvitationRow>,
) -> Result<Option<InvitationRow>> {
    let Some(row) = link else { return Ok(None) };
    let good = match row.actor {
        Actor::User { user_id } => {
            users::find(user_id).first_in(tx)?.as_ref().is_some_and(may_make_links)
        }
        Actor::LocalOwner => true,
        Actor::Agent { .. } | Actor::System => false,
    };
    Ok(good.then_some(row))
}
