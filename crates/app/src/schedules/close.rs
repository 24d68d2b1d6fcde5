//! Closing fires: nothing more comes of one, if it is still as it was read.

use gathering_domain::FireId;
use gathering_storage::{
    Tx,
    schedules::fires::{self, FireRow, FireStatus},
};

use super::{Schedules, sweep::UnderWay};
use crate::Result;

impl Schedules<'_> {
    /// Closes a fire, unless somebody else has moved it on since it was read: what was refused here has then been
    /// done there.
    pub(super) async fn close_as_read(
        &self,
        fire: &FireRow,
        status: FireStatus,
        why: Option<String>,
        under_way: &mut UnderWay,
    ) -> Result<()> {
        if self.close(fire, status, why).await?.is_some() {
            under_way.moved_on(self.app.now());
        }
        Ok(())
    }

    /// Closes a fire that is as it was read. Answers what it is by now if it is another, and still open.
    pub(super) async fn close(
        &self,
        fire: &FireRow,
        status: FireStatus,
        why: Option<String>,
    ) -> Result<Option<FireRow>> {
        let read = fire.clone();
        let closed = self.app.transact(move |tx| {
            match fires::close(&read, status, why.as_deref()).run_in(tx)? {
                0 => still_open(tx, read.id),
                _ => Ok(None),
            }
        });
        closed.await
    }
}

/// A fire as it is by now, if something may still come of it.
fn still_open(tx: &mut Tx<'_>, id: FireId) -> Result<Option<FireRow>> {
    Ok(fires::find(id).first_in(tx)?.filter(|fire| fire.is_open))
}
