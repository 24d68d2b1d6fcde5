//! A subscription as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::{
    IntoResponse as _, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::stream;
use gathering_app::{
    Caller,
    events::{Delivery, FURTHEST_BACK, Subscription},
};
use gathering_domain::Actor;
use http::{HeaderName, HeaderValue};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::EnvelopeView;
use crate::{Problem, limits::full, observer::OpenStream, places::Place, state::Edge};

/// When a browser comes back after a stream has ended.
const COME_BACK: Duration = Duration::from_secs(1);

/// What a stream is made of. Nothing is queued here: the next event is asked for when the client
/// has taken the last one, and a client that takes none holds one page of the log.
struct Streaming {
    subscription: Subscription,
    draining: CancellationToken,
    opened: bool,
    ended: bool,
    _place: Place<Actor>,
    _open: OpenStream,
}

/// The position after which to go on: that of the reconnecting client before that of the address.
pub(crate) fn resume_after(last: Option<i64>, after: Option<i64>) -> Result<Option<i64>, Problem> {
    if after.is_some_and(|position| position < -FURTHEST_BACK) {
        let message = format!("`after` is the `id` of an event, or at most {FURTHEST_BACK} back");
        return Err(Problem::new("invalid_query", message));
    }
    Ok(last.or(after))
}

/// The types that a list with commas names.
pub(crate) fn read_types(types: Option<&str>) -> Vec<String> {
    let parts = types.unwrap_or_default().split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Answers with the events of a caller's subscription, one after the other.
pub(crate) fn stream(
    edge: &Edge,
    caller: &Caller,
    subscription: Subscription,
) -> Result<Response, Problem> {
    let place = edge.streams.enter(caller.actor()).ok_or_else(|| full("streams"))?;
    let draining = edge.state.draining.clone();
    let open = OpenStream::begin(Arc::clone(&edge.state.observer));
    let streaming = Streaming {
        subscription,
        draining,
        opened: false,
        ended: false,
        _place: place,
        _open: open,
    };
    let events = stream::unfold(streaming, |mut streaming| async {
        let event = streaming.next().await?;
        Some((Ok::<_, Infallible>(event), streaming))
    });
    let alive = KeepAlive::new().interval(edge.options.keep_alive.std()).text("alive");
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(unbuffered, HeaderValue::from_static("no"));
    Ok(response)
}

impl Streaming {
    /// The next event of the stream; none at its end.
    async fn next(&mut self) -> Option<Event> {
        if self.ended {
            return None;
        }
        if !self.opened {
            self.opened = true;
            // Without data it is no event to a browser, but from now on it knows where it is.
            let at = self.subscription.resume_after();
            return Some(Event::default().id(at.to_string()).retry(COME_BACK));
        }
        let next = tokio::select! {
            biased;
            () = self.draining.cancelled() => {
                return Some(self.end("not_ready", "the server is about to stop"));
            }
            next = self.subscription.next() => next,
        };
        Some(match next {
            Ok(delivery) => self.event(delivery),
            Err(error) => {
                let problem = Problem::from(error);
                if let Some(cause) = problem.cause() {
                    tracing::error!(%cause, "could not go on with a stream");
                }
                self.end(problem.code(), problem.detail())
            }
        })
    }

    fn event(&self, delivery: Delivery) -> Event {
        match delivery {
            Delivery::Event(envelope) | Delivery::Preview(envelope) => {
                let event = match envelope.position {
                    Some(position) => Event::default().id(position.to_string()),
                    None => Event::default(),
                };
                data(event, &EnvelopeView::from(envelope))
            }
            Delivery::PreviewsLost => {
                let resume_after = self.subscription.resume_after();
                data(Event::default().event("lagged"), &json!({ "resume_after": resume_after }))
            }
            Delivery::EventsGone => {
                let oldest_after = self.subscription.resume_after();
                data(Event::default().event("gone"), &json!({ "resume_after": oldest_after }))
            }
        }
    }

    fn end(&mut self, code: &str, detail: &str) -> Event {
        self.ended = true;
        data(Event::default().event("end"), &json!({ "code": code, "detail": detail }))
    }
}

fn data(event: Event, value: &impl serde::Serialize) -> Event {
    event.json_data(value).expect("what is shown of an event is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reconnecting_client_knows_better_than_its_address() {
        assert_eq!(resume_after(Some(7), Some(3)).ok(), Some(Some(7)));
        assert_eq!(resume_after(None, Some(3)).ok(), Some(Some(3)));
        assert_eq!(resume_after(None, None).ok(), Some(None));
        assert_eq!(resume_after(None, Some(-1_000)).ok(), Some(Some(-1_000)));
        assert_eq!(resume_after(None, Some(-1_001)).unwrap_err().code(), "invalid_query");
        assert_eq!(resume_after(Some(7), Some(-1_001)).unwrap_err().code(), "invalid_query");
    }

    #[test]
    fn types_are_separated_by_commas() {
        assert_eq!(read_types(Some("run.*, approval.requested,")), ["run.*", "approval.requested"]);
        assert!(read_types(None).is_empty());
    }
}
