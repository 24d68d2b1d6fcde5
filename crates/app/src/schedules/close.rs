//! Closing fires: nothing more comes of one, if it is still as it was read.

use gathering_domain::FireId;
use gathering_storage::{
    Tx,
    schedules::{
        self as rows, ScheduleRow,
        fires::{self, FireRow, FireStatus},
    },
};

use super::{Policy, Schedules, Timing, standing, sweep::UnderWay, view::stored};
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

    /// Closes a fire that has waited and cannot be started. As it does not count, it may not have been the last one
    /// that may fire. Answers as [`Self::close`] does.
    pub(super) async fn refuse_waiting(
        &self,
        row: &ScheduleRow,
        policy: &Policy,
        fire: &FireRow,
        why: Option<String>,
    ) -> Result<Option<FireRow>> {
        let (timing, policy): (Timing, _) = (stored(&row.timing)?, policy.clone());
        let (read, fired, now) = (fire.clone(), row.fires.saturating_sub(1), self.app.now());
        let closed = self.app.transact(move |tx| {
            // Before the fire, in the order in which a start takes the two.
            rows::hold(read.schedule_id).run_in(tx)?;
            let closed = fires::close(&read, FireStatus::Refused, why.as_deref());
            if closed.run_in(tx)? == 0 {
                return still_open(tx, read.id);
            }
            // A start by hand was never counted.
            if !read.manual {
                let after = standing::passed(tx, read.schedule_id, now)?;
                let next = standing::next(read.schedule_id, &timing, &policy, fired, after);
                rows::uncount(read.schedule_id, next.slot, now).run_in(tx)?;
            }
            Ok(None)
        });
        closed.await
    }
}

/// A fire as it is by now, if something may still come of it.
fn still_open(tx: &mut Tx<'_>, id: FireId) -> Result<Option<FireRow>> {
    Ok(fires::find(id).first_in(tx)?.filter(|fire| fire.is_open))
}
