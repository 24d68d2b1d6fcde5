//! The subscriptions of one socket, which take turns.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::{
    Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use gathering_app::events::{Delivery, Envelope, Subscription};
use gathering_domain::Actor;

use crate::{Problem, limits::full, places::Place, state::Edge};

/// How many one socket has at most.
pub(super) const MOST: usize = 16;

/// What a subscription has to tell.
#[derive(Debug)]
pub(super) enum Told {
    /// An event, or a preview of one.
    Event(Envelope),
    /// Previews were lost; everything up to this position was told.
    Lagged(i64),
    /// Older events than those after this position are gone.
    Gone(i64),
    /// It has ended.
    Ended(Problem),
}

/// The subscriptions of a socket. Each holds one page of the log at most, and reads the next when that is
/// told.
pub(super) struct Subscriptions {
    open: Vec<(String, BoxStream<'static, Told>)>,
    /// One for the socket itself, in which the first has its place, and one for each more.
    places: Vec<Place<Actor>>,
    /// Which is asked first.
    turn: usize,
}

impl Subscriptions {
    /// None yet, in the place of the socket.
    pub(super) fn none(place: Place<Actor>) -> Self {
        Self { open: Vec::new(), places: vec![place], turn: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.open.iter().any(|(open, _)| open == id)
    }

    /// Makes room for one more of this caller.
    pub(super) fn reserve(&mut self, edge: &Edge, caller: Actor) -> Result<(), Problem> {
        if self.open.len() >= MOST {
            let detail = format!("one socket has at most {MOST} subscriptions");
            return Err(Problem::new("limit_reached", detail));
        }
        if self.places.len() <= self.open.len() {
            self.places.push(edge.streams.enter(caller).ok_or_else(|| full("streams"))?);
        }
        Ok(())
    }

    /// Adds one, for which there is room.
    pub(super) fn add(&mut self, id: String, subscription: Subscription) {
        self.open.push((id, told(subscription)));
    }

    /// Takes one out; false if there is none of that name.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let before = self.open.len();
        self.open.retain(|(open, _)| open != id);
        self.release();
        self.open.len() < before
    }

    /// Gives back places that nothing is in.
    pub(super) fn release(&mut self) {
        self.places.truncate(self.open.len().max(1));
    }
}

/// Ends when there are none; goes on when there are some again.
impl Stream for Subscriptions {
    type Item = (String, Told);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let count = self.open.len();
        if count == 0 {
            return Poll::Ready(None);
        }
        for step in 0..count {
            let at = (self.turn + step) % count;
            let (id, subscription) = &mut self.open[at];
            // One that has ended says so before it has nothing more to say, and is taken out then.
            if let Poll::Ready(Some(told)) = subscription.poll_next_unpin(context) {
                let item = (id.clone(), told);
                self.turn = (at + 1) % count;
                return Poll::Ready(Some(item));
            }
        }
        Poll::Pending
    }
}

/// A read that is under way goes on while others are told: none is begun again and again.
fn told(subscription: Subscription) -> BoxStream<'static, Told> {
    let told = stream::unfold(Some(subscription), async |subscription| {
        let mut subscription = subscription?;
        let told = match subscription.next().await {
            Ok(Delivery::Event(envelope) | Delivery::Preview(envelope)) => Told::Event(envelope),
            Ok(Delivery::PreviewsLost) => Told::Lagged(subscription.resume_after()),
            Ok(Delivery::EventsGone) => Told::Gone(subscription.resume_after()),
            Err(error) => return Some((Told::Ended(error.into()), None)),
        };
        Some((told, Some(subscription)))
    });
    told.boxed()
}
