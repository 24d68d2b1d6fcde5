//! Whether the database answers, asked once for all who want to know at about the same time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use gathering_domain::{Clock, Duration, Timestamp};
use gathering_storage::{Database, users};

/// How long an answer is told again.
const KEPT_FOR: Duration = Duration::from_millis(500);
/// How long the database may take to answer before it counts as unreachable.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

type Answer = Shared<BoxFuture<'static, bool>>;

/// The last look at the database. Whoever asks takes part in it, so however many ask, and however many
/// of them go away before there is an answer, there is one look at a time.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<Look>>);

struct Look {
    answer: Answer,
    begun_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl Readiness {
    /// Whether the database answers.
    pub(crate) async fn answers(&self, database: &Database, clock: &dyn Clock) -> bool {
        let look = self.look(clock.now(), || {
            let database = database.clone();
            async move {
                // A query of a table: an answer shows that the schema is there, too.
                let asked = users::count().first(&database);
                matches!(tokio::time::timeout(ANSWER_WITHIN.std(), asked).await, Ok(Ok(_)))
            }
            .boxed()
        });
        let answer = look.clone().await;
        self.ended(&look, clock.now());
        answer
    }

    /// The look that is under way or has ended a moment ago, or else a new one.
    fn look(&self, now: Timestamp, ask: impl FnOnce() -> BoxFuture<'static, bool>) -> Answer {
        let mut last = self.last();
        if let Some(look) = last.as_ref().filter(|look| look.serves(now)) {
            return look.answer.clone();
        }
        let answer = ask().shared();
        *last = Some(Look { answer: answer.clone(), begun_at: now, ended_at: None });
        answer
    }

    fn ended(&self, answer: &Answer, now: Timestamp) {
        let mut last = self.last();
        if let Some(look) = last.as_mut().filter(|look| look.answer.ptr_eq(answer)) {
            look.ended_at.get_or_insert(now);
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look {
    fn serves(&self, now: Timestamp) -> bool {
        // A look goes on only while somebody waits for it. What one that was left alone finds at last
        // is an answer of long ago.
        let (since, lasts) = match self.ended_at {
            Some(ended_at) => (ended_at, KEPT_FOR),
            None => (self.begun_at, ANSWER_WITHIN),
        };
        // A clock that is put back keeps no answer alive.
        since <= now && now < since + lasts
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures::future::pending;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + millis * 1_000)
    }

    #[test]
    fn there_is_one_look_at_a_time_also_if_nobody_waits_for_it_any_more() {
        let (readiness, looks) = (Readiness::default(), Arc::new(AtomicUsize::new(0)));
        let ask = |millis: i64| {
            let looks = Arc::clone(&looks);
            drop(readiness.look(at(millis), || {
                looks.fetch_add(1, Ordering::Relaxed);
                pending().boxed()
            }));
            looks.load(Ordering::Relaxed)
        };
        assert_eq!([0, 1, 1_999].map(ask), [1, 1, 1]);
        assert_eq!([2_000, 2_001].map(ask), [2, 2], "it was left alone for too long");
        assert_eq!([0, 1].map(ask), [3, 3], "the clock was put back");
    }

    #[test]
    fn an_answer_is_told_again_for_half_a_second() {
        let readiness = Readiness::default();
        let ask = |millis: i64, answer: bool| {
            let look = readiness.look(at(millis), || std::future::ready(answer).boxed());
            let answer = look.clone().now_or_never();
            readiness.ended(&look, at(millis + 10));
            answer
        };
        assert_eq!(ask(0, true), Some(true));
        assert_eq!(ask(509, false), Some(true));
        assert_eq!(ask(510, false), Some(false));
        assert_eq!(ask(600, true), Some(false));
        assert_eq!(ask(1_020, true), Some(true));
    }
}
