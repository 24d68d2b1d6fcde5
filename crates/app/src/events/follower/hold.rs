//! A cursor as one instance has it: where it stands, what of that is saved, and until when it is held.

use gathering_domain::{Duration, Timestamp};
use gathering_storage::{Position, cursors};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{App, Error, Result};

/// How long a cursor is held after its holder was heard of last.
pub(super) const LEASE: Duration = Duration::from_secs(3);
/// How far the clock of a holder may be ahead of that of others before they do not believe its lease.
const AHEAD: Duration = LEASE;
/// How often the holder renews that while it acts.
pub(super) const RENEW_EVERY: Duration = Duration::from_secs(1);
/// How long a cursor moves in memory alone. What was done since is found done after a crash.
const SAVE_AFTER: Duration = Duration::from_millis(500);

/// A cursor.
pub(super) struct Cursor {
    app: App,
    name: &'static str,
    holder: Uuid,
    /// Nothing is known of it yet, or nothing any more.
    place: Option<Place>,
    held_until: Option<Timestamp>,
}

/// Where a cursor stands.
struct Place {
    at: Position,
    /// The same in the store.
    saved: Position,
    /// Since when the two differ.
    moved_at: Option<Instant>,
}

impl Cursor {
    pub(super) fn new(app: &App, name: &'static str) -> Self {
        let holder = app.inner.ids.next_uuid();
        Self { app: app.clone(), name, holder, place: None, held_until: None }
    }

    /// Up to where everything has been dealt with, as far as this instance knows.
    pub(super) fn at(&self) -> Position {
        self.place.as_ref().map_or(Position(-1), |place| place.at)
    }

    /// Holds the cursor, if nobody else does.
    pub(super) async fn hold(&mut self) -> Result<bool> {
        let now = self.app.now();
        if self.place.is_some() && self.held_until.is_some_and(|until| now < until) {
            return Ok(true);
        }
        self.held_until = None;
        let until = now + LEASE;
        let hold = cursors::hold(self.name, self.holder, until, (now, until + AHEAD));
        let held = self.app.write(hold).await? == 1;
        let found = cursors::find(self.name).first(self.app.database()).await?;
        let Some(found) = found else {
            self.app.write(cursors::begin(self.name)).await?;
            return Ok(false);
        };
        // Whoever held it meanwhile may have come further, and what was not saved is lost.
        let at = found.position;
        self.place = Some(Place { at, saved: at, moved_at: None });
        self.held_until = held.then_some(until);
        Ok(held)
    }

    /// Everything up to here has been dealt with.
    pub(super) fn moved(&mut self, to: Position) {
        if let Some(place) = &mut self.place
            && to > place.at
        {
            place.at = to;
            place.moved_at.get_or_insert_with(Instant::now);
        }
    }

    /// When it is to be saved, if it has moved.
    pub(super) fn due(&self) -> Option<Instant> {
        let moved_at = self.place.as_ref()?.moved_at?;
        Some(moved_at + SAVE_AFTER.std())
    }

    pub(super) async fn save_if_due(&mut self) -> Result<()> {
        match self.due() {
            Some(due) if due <= Instant::now() => self.save().await,
            _ => Ok(()),
        }
    }

    /// Saves how far it has come, and holds it for another while.
    pub(super) async fn save(&mut self) -> Result<()> {
        let Some(place) = &mut self.place else { return Ok(()) };
        let (from, to) = (place.saved, place.at);
        let until = self.app.now() + LEASE;
        let advance = cursors::advance(self.name, self.holder, (from, to), until);
        let saved = self.app.write(advance).await;
        if matches!(saved, Ok(1)) {
            (place.saved, place.moved_at) = (to, None);
            self.held_until = Some(until);
            return Ok(());
        }
        // Another instance reads on, or nobody knows: what is true is read again.
        (self.place, self.held_until) = (None, None);
        saved.and(Err(Error::Busy { what: "a cursor of the log", retry_after: RENEW_EVERY }))
    }

    /// Saves how far it has come, and lets go of it.
    pub(super) async fn give_back(&mut self) -> Result<()> {
        if self.held_until.is_none() {
            return Ok(());
        }
        if self.place.as_ref().is_some_and(|place| place.moved_at.is_some()) {
            self.save().await?;
        }
        self.held_until = None;
        self.app.write(cursors::give_back(self.name, self.holder)).await?;
        Ok(())
    }
}
