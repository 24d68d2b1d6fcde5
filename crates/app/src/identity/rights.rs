//! Changes of what people may do, as they are told to whoever shows them something.

use gathering_domain::{ProjectId, UserId};
use gathering_storage::{Tx, sessions};

use super::RIGHTS_CHANNEL;
use crate::Result;

/// Ends all sessions of a user, and tells so.
pub(super) fn end_sessions(tx: &mut Tx<'_>, id: UserId) -> Result<()> {
    sessions::delete_of_user(id).run_in(tx)?;
    rights_changed(tx, id);
    Ok(())
}

/// Tells that a user may do something else from now on.
pub(crate) fn rights_changed(tx: &mut Tx<'_>, id: UserId) {
    tx.notify(RIGHTS_CHANNEL, id.to_string());
}

/// Tells that nobody may do anything in a project from now on.
pub(crate) fn project_closed(tx: &mut Tx<'_>, id: ProjectId) {
    tx.notify(RIGHTS_CHANNEL, id.to_string());
}
