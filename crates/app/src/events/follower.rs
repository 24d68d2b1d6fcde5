//! Followers of the log: what acts on events, once over all instances.
//!
//! A follower has a cursor in the store: everything up to there has been dealt with. One instance at a time
//! reads on from it, under a lease that is short and that it renews while there is something to do; while
//! nothing happens nobody holds it, and nothing is written. The lease only saves work. What makes each
//! event count once is that [`Follows::act`] makes whatever it makes under a key of the event's position,
//! and that the cursor moves by compare and set after that is durable.

mod hold;

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc};

use futures::{
    FutureExt as _, StreamExt as _,
    future::{self, BoxFuture},
    stream,
};
use gathering_domain::{Duration, ProjectId};
use gathering_storage::{LogFilter, Position, read_log};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use self::hold::{Cursor, RENEW_EVERY};
use super::Envelope;
use crate::{App, Error, Result};

/// Entries that are handed over at once, except that a row of the log is never cut.
const READ_AT_ONCE: usize = 256;
/// How long it rests at most where nothing wakes it.
const RESTS_AT_MOST: Duration = Duration::from_secs(30);
/// How long it rests where another instance reads on, and where nobody wants any event.
const LOOKS_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How often it is tried to act on one event that cannot be acted on.
const TRIES: u32 = 5;
/// The first pause after a failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long the last words may take when it is told to stop.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// How many of those who follow are told of events at the same time.
const AT_ONCE: usize = 8;

/// The events of each project, in their order.
pub(crate) fn by_project(events: &[Envelope]) -> BTreeMap<ProjectId, Vec<&Envelope>> {
    let mut of_projects: BTreeMap<ProjectId, Vec<&Envelope>> = BTreeMap::new();
    for event in events {
        of_projects.entry(event.project_id).or_default().push(event);
    }
    of_projects
}

/// Tells all of them, some at the same time, and answers the first failure: one that fails, or panics, keeps
/// no other from being told.
pub(crate) async fn tell_all(telling: Vec<BoxFuture<'_, Result<()>>>) -> Result<()> {
    let told = stream::iter(telling.into_iter().map(caught)).buffer_unordered(AT_ONCE);
    told.fold(Ok(()), |so_far: Result<()>, told| future::ready(so_far.and(told))).await
}

/// A panic is a failure like any other.
async fn caught(acting: BoxFuture<'_, Result<()>>) -> Result<()> {
    let acted = AssertUnwindSafe(acting).catch_unwind().await;
    acted.unwrap_or(Err(Error::defect("act on an event without breaking off")))
}

/// What acts on events.
pub trait Follows: Send + Sync + 'static {
    /// The name of its cursor; it begins at the end that the log has when it is followed first.
    fn cursor(&self) -> &'static str;

    /// Whether anybody wants any event now. Those that come while nobody does are not read.
    fn wanted(&self) -> BoxFuture<'_, Result<bool>>;

    /// Acts on events, in order, and returns when what it did is durable.
    ///
    /// It is given the same events again after a crash, after a failure, and now and then at the same time
    /// on two instances: whatever it makes must be made under a key of the event's position. Where the store
    /// cannot be reached, or is too busy, it is tried again for as long as it takes; after any other error a
    /// few times, for each event alone, and then the event is [given up](Follows::give_up).
    fn act<'a>(&'a self, events: &'a [Envelope]) -> BoxFuture<'a, Result<()>>;

    /// Records where people look that nothing could be done about an event, and why.
    fn give_up<'a>(&'a self, event: &'a Envelope, why: &'a Error) -> BoxFuture<'a, Result<()>>;
}

/// Reads the log for one that acts on events. Runs on every instance.
pub struct Follower<F> {
    app: App,
    follows: Arc<F>,
}

impl<F: Follows> Follower<F> {
    /// A follower of this app's log.
    pub fn new(app: &App, follows: F) -> Self {
        Self { app: app.clone(), follows: Arc::new(follows) }
    }

    /// Follows until told to stop; then lets go of the cursor, so that another instance reads on at once.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut cursor = Cursor::new(&self.app, self.follows.cursor());
        shutdown.run_until_cancelled(self.follow(&mut cursor)).await;
        match timeout(ENDS_WITHIN.std(), cursor.give_back()).await {
            Ok(Ok(())) => {}
            // The lease runs out by itself.
            Ok(Err(error)) => tracing::debug!(error = %error, "could not give a cursor back"),
            Err(_) => tracing::debug!("a cursor was not given back in time"),
        }
    }

    async fn follow(&self, cursor: &mut Cursor) {
        let mut ends = self.app.inner.tail.watch();
        let mut failures = 0;
        loop {
            match self.step(cursor, &mut ends).await {
                Ok(()) => failures = 0,
                Err(error) => {
                    let name = self.follows.cursor();
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    let cause = cause.unwrap_or_default();
                    tracing::warn!(cursor = name, error = %error, cause, "could not follow the log");
                    sleep(pause(failures)).await;
                    failures += 1;
                }
            }
        }
    }

    /// Does the next thing: rests, looks who reads on, or acts on a page.
    async fn step(&self, cursor: &mut Cursor, ends: &mut watch::Receiver<i64>) -> Result<()> {
        let end = last_position(*ends.borrow_and_update());
        if cursor.at() >= end {
            return rest(cursor, ends).await;
        }
        if !cursor.hold().await? {
            sleep(LOOKS_AGAIN_AFTER.std()).await;
            return Ok(());
        }
        // The end was seen before this is asked: what is wanted from now on comes after it.
        if !self.follows.wanted().await? {
            cursor.moved(end);
            cursor.save_if_due().await?;
            sleep(LOOKS_AGAIN_AFTER.std()).await;
            return Ok(());
        }
        let (database, tail) = (self.app.database(), &self.app.inner.tail);
        let page =
            read_log(database, tail, cursor.at(), READ_AT_ONCE, LogFilter::default()).await?;
        let events: Vec<Envelope> = page.entries.iter().map(Envelope::of).collect();
        if !events.is_empty() {
            self.act_on(cursor, &events).await?;
        }
        cursor.moved(page.next);
        cursor.save_if_due().await
    }

    /// Acts on a page, or where that fails on each of its events alone.
    async fn act_on(&self, cursor: &mut Cursor, events: &[Envelope]) -> Result<()> {
        match self.try_on(cursor, events).await {
            Err(error) if error.is_outage() => return Err(error),
            Err(_) => {}
            Ok(()) => return Ok(()),
        }
        for event in events {
            self.act_on_one(cursor, event).await?;
            cursor.moved(Position(event.position.unwrap_or_default()));
        }
        Ok(())
    }

    async fn act_on_one(&self, cursor: &mut Cursor, event: &Envelope) -> Result<()> {
        let mut tried = 1;
        let why = loop {
            match self.try_on(cursor, std::slice::from_ref(event)).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_outage() => return Err(error),
                Err(error) if tried == TRIES => break error,
                Err(_) => sleep(pause(tried - 1)).await,
            }
            tried += 1;
        };
        let (name, id) = (self.follows.cursor(), event.id.as_str());
        tracing::error!(cursor = name, event = id, error = %why, "gave up on an event");
        match self.follows.give_up(event, &why).await {
            Err(error) if error.is_outage() => Err(error),
            Err(error) => {
                tracing::error!(cursor = name, event = id, error = %error, "could not record that");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Acts once, and keeps the cursor meanwhile.
    async fn try_on(&self, cursor: &mut Cursor, events: &[Envelope]) -> Result<()> {
        let acting = caught(self.follows.act(events));
        tokio::pin!(acting);
        loop {
            match timeout(RENEW_EVERY.std(), &mut acting).await {
                Ok(acted) => return acted,
                Err(_) => cursor.save().await?,
            }
        }
    }
}

/// Rests until the log grows, or until it is time to save how far the cursor has come.
async fn rest(cursor: &mut Cursor, ends: &mut watch::Receiver<i64>) -> Result<()> {
    let until = cursor.due().unwrap_or_else(|| Instant::now() + RESTS_AT_MOST.std());
    // The tail lives as long as the app.
    match tokio::time::timeout_at(until, ends.changed()).await {
        Ok(_) => Ok(()),
        Err(_) => cursor.save_if_due().await,
    }
}

/// The last position of a row.
pub(super) fn last_position(row: i64) -> Position {
    if row == 0 {
        return Position(0);
    }
    Position(Position::of(row + 1, 0).0 - 1)
}

fn pause(failures: u32) -> std::time::Duration {
    let factor = 1_u32.checked_shl(failures.min(16)).unwrap_or(u32::MAX);
    FIRST_PAUSE.std().saturating_mul(factor).min(LONGEST_PAUSE.std())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn one_that_fails_keeps_no_other_from_being_told() {
        let told = AtomicU32::new(0);
        let tell = |number: u32| {
            let told = &told;
            async move {
                match number {
                    1 => return Err(Error::not_found("thing", number)),
                    2 => panic!("a defect of the third"),
                    _ => told.fetch_add(1, Ordering::Relaxed),
                };
                Ok(())
            }
        };
        let told_all = tell_all((0..20).map(|number| tell(number).boxed()).collect()).await;
        assert_eq!(told_all.unwrap_err().code(), "not_found");
        assert_eq!(told.load(Ordering::Relaxed), 18);
    }
}
