//! How slow a client may be: what it has sent and taken when, and what ends its connection.
//!
//! Four things hold a connection, and each has its time: a head that does not come, a wait for the
//! next request, an answer that is not taken from the socket, and one that is not taken from a stream
//! of HTTP/2. How slow a body may come is a matter of whoever reads it.

mod body;
mod stream;

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::Version;
use hyper_util::server::graceful::GracefulConnection;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::body::PacedBody;
pub(crate) use self::stream::PacedStream;
use crate::Options;

/// What one connection has sent and taken, as its stream and its answers see it.
#[derive(Debug)]
pub(crate) struct Pace {
    times: Times,
    seen: Mutex<Seen>,
}

/// The bounds.
#[derive(Debug, Clone, Copy)]
struct Times {
    head: Duration,
    idle: Duration,
    stall: Duration,
}

#[derive(Debug)]
struct Seen {
    /// Requests whose answers have not been handed over whole.
    in_flight: usize,
    /// Since when there is none.
    idle_since: Instant,
    /// Since when a head comes; at first, that is since the connection is open.
    head_since: Option<Instant>,
    /// Since when the socket takes nothing more.
    blocked_since: Option<Instant>,
    /// Answers of which nothing more was taken since.
    untaken: Vec<(u64, Instant)>,
    /// The number of the next answer.
    next: u64,
    http2: bool,
}

/// What is to become of a connection.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It goes on, at least until then.
    Until(Instant),
    /// It is not used.
    Idle,
    /// It is held up.
    Cut(&'static str),
}

/// A request whose answer is not handed over yet.
#[derive(Debug)]
struct Taken {
    pace: Arc<Pace>,
    number: u64,
}

/// Counts a request of a paced connection until its answer is handed over.
pub(crate) async fn keep(request: Request, next: Next) -> Response {
    let Some(pace) = request.extensions().get::<Arc<Pace>>().cloned() else {
        return next.run(request).await;
    };
    let taken = pace.begin(request.version());
    next.run(request).await.map(|body| Body::new(PacedBody::new(body, taken)))
}

/// Drives a connection to its end. It ends early, without losing a request, when it is idle for too
/// long or told to; and it is cut when its client is too slow.
pub(crate) async fn attend<C: GracefulConnection>(
    connection: C,
    pace: &Pace,
    ending: &CancellationToken,
) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    let mut told = false;
    loop {
        let until = match pace.verdict(Instant::now(), told) {
            Verdict::Until(until) => until,
            Verdict::Idle => {
                told = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
            Verdict::Cut(why) => {
                tracing::debug!(why, "cut a connection");
                return Ok(());
            }
        };
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = ending.cancelled(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep_until(until) => {}
        }
    }
}

/// Drives what is spoken on a connection after its last request, to its end. It is cut when its client
/// takes nothing; how long it may be silent is a matter of whoever speaks.
pub(crate) async fn attend_talk(talk: impl Future<Output = ()>, pace: &Pace) {
    let mut talk = pin!(talk);
    loop {
        let now = Instant::now();
        let until = pace.stalls_at(now);
        if until <= now {
            tracing::debug!("cut a connection: its client takes nothing");
            return;
        }
        tokio::select! {
            () = talk.as_mut() => return,
            () = sleep_until(until) => {}
        }
    }
}

impl Pace {
    /// The pace of a connection that has just been opened.
    pub(crate) fn new(options: &Options) -> Arc<Self> {
        let times = Times {
            head: options.head_time.std(),
            idle: options.idle_time.std(),
            stall: options.stall_time.std(),
        };
        let now = Instant::now();
        let seen = Seen {
            in_flight: 0,
            idle_since: now,
            head_since: Some(now),
            blocked_since: None,
            untaken: Vec::new(),
            next: 0,
            http2: false,
        };
        Arc::new(Self { times, seen: Mutex::new(seen) })
    }

    /// Begins again, once what goes before HTTP is done.
    pub(crate) fn restart(&self) {
        self.seen().head_since = Some(Instant::now());
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes have come.
    fn came(&self) {
        let mut seen = self.seen();
        if seen.in_flight == 0 && seen.head_since.is_none() {
            seen.head_since = Some(Instant::now());
        }
    }

    /// The socket has taken something, or nothing.
    fn took(&self, anything: bool) {
        let mut seen = self.seen();
        if anything {
            seen.blocked_since = None;
        } else {
            seen.blocked_since.get_or_insert_with(Instant::now);
        }
    }

    fn begin(self: &Arc<Self>, version: Version) -> Taken {
        let mut seen = self.seen();
        seen.http2 |= version == Version::HTTP_2;
        seen.in_flight += 1;
        seen.head_since = None;
        seen.next += 1;
        Taken { pace: Arc::clone(self), number: seen.next }
    }

    /// When the socket has taken nothing for too long, if it takes nothing until then.
    fn stalls_at(&self, now: Instant) -> Instant {
        self.seen().blocked_since.unwrap_or(now) + self.times.stall
    }

    /// What is to become of the connection, which may have been `told` to end.
    fn verdict(&self, now: Instant, told: bool) -> Verdict {
        let Times { head, idle, stall } = self.times;
        let seen = self.seen();
        let untaken = seen.untaken.iter().map(|(_, since)| *since).min();
        let mut next = now + head.min(idle).min(stall);
        for (since, time, why) in [
            (seen.blocked_since, stall, "its client takes nothing"),
            (untaken, stall, "its client takes nothing of an answer"),
            (
                seen.head_since.filter(|_| !seen.http2 && seen.in_flight == 0),
                head,
                "no request came",
            ),
        ] {
            let Some(since) = since else { continue };
            if since + time <= now {
                return Verdict::Cut(why);
            }
            next = next.min(since + time);
        }
        if seen.in_flight == 0 {
            // Who does not go when told to is given the same time again.
            let until = seen.idle_since + if told { idle * 2 } else { idle };
            match (until <= now, told) {
                (true, true) => return Verdict::Cut("it was idle and did not end"),
                (true, false) if seen.http2 || seen.head_since.is_none() => return Verdict::Idle,
                (true, false) => {}
                (false, _) => next = next.min(until),
            }
        }
        Verdict::Until(next)
    }
}

impl Taken {
    /// Something of the answer was handed over, or the next piece is asked for.
    fn handed(&self, over: bool) {
        let mut seen = self.pace.seen();
        seen.untaken.retain(|(number, _)| *number != self.number);
        if over {
            seen.untaken.push((self.number, Instant::now()));
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.handed(false);
        let mut seen = self.pace.seen();
        seen.in_flight -= 1;
        seen.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(75);
    const STALL: Duration = Duration::from_secs(30);

    fn after(pace: &Pace, from: Instant, time: Duration) -> Verdict {
        // The test itself takes some time.
        pace.verdict(from + time + Duration::from_secs(1), false)
    }

    #[test]
    fn each_way_to_be_slow_has_its_time() {
        let options = Options {
            head_time: gathering_domain::Duration::from_secs(10),
            idle_time: gathering_domain::Duration::from_secs(75),
            stall_time: gathering_domain::Duration::from_secs(30),
            ..Options::default()
        };
        let (pace, now) = (Pace::new(&options), Instant::now());
        assert!(matches!(after(&pace, now, HEAD / 2), Verdict::Until(_)));
        assert_eq!(after(&pace, now, HEAD), Verdict::Cut("no request came"));

        let request = pace.begin(Version::HTTP_11);
        assert!(
            matches!(after(&pace, now, IDLE * 9), Verdict::Until(_)),
            "handlers take their time"
        );
        request.handed(true);
        assert_eq!(after(&pace, now, STALL), Verdict::Cut("its client takes nothing of an answer"));
        request.handed(false);
        assert!(matches!(after(&pace, now, STALL), Verdict::Until(_)));
        pace.took(false);
        assert_eq!(after(&pace, now, STALL), Verdict::Cut("its client takes nothing"));
        pace.took(true);
        drop(request);
        assert!(matches!(after(&pace, now, STALL), Verdict::Until(_)));
        assert_eq!(after(&pace, now, IDLE), Verdict::Idle);
        assert!(matches!(pace.verdict(now + IDLE, true), Verdict::Until(_)));
        assert!(matches!(pace.verdict(now + IDLE * 3, true), Verdict::Cut(_)));
        pace.came();
        assert_eq!(after(&pace, now, HEAD), Verdict::Cut("no request came"));
    }

    #[test]
    fn frames_of_http_2_are_no_head() {
        let (pace, now) = (Pace::new(&Options::default()), Instant::now());
        drop(pace.begin(Version::HTTP_2));
        pace.came();
        assert!(matches!(after(&pace, now, HEAD), Verdict::Until(_)));
        assert_eq!(after(&pace, now, IDLE), Verdict::Idle);
    }
}
