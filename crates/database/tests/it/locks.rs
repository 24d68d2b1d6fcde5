//! Advisory locks: held by one, waited for by others, freed by the holder's end.

use std::time::Duration;

use gathering_database::{Engine, Error, Waited};
use gathering_testkit::{Place, each_database};
use tokio::task::JoinSet;

use crate::support::open;

const KEY: i64 = i64::MIN + 7;
const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(10);

each_database! {
    async fn lock_is_held_by_one_at_a_time(place: Place) {
        let database = open(&place).await;
        let mut first = database.locks().await.unwrap();
        let mut second = database.locks().await.unwrap();
        assert!(first.try_hold(KEY).await.unwrap());
        assert!(!second.try_hold(KEY).await.unwrap());
        assert_eq!(second.wait_for(KEY, SHORT).await.unwrap(), Waited::TimedOut);
        assert!(second.try_hold(KEY + 1).await.unwrap());
        assert!(!second.release(KEY).await.unwrap());
        assert!(first.release(KEY).await.unwrap());
        assert_eq!(second.wait_for(KEY, SHORT).await.unwrap(), Waited::Acquired);
        assert!(!first.try_hold(KEY).await.unwrap());
    }

    async fn waiter_gets_the_lock_when_its_holder_ends(place: Place) {
        let database = open(&place).await;
        let mut holder = database.locks().await.unwrap();
        holder.hold(KEY).await.unwrap();
        let mut waiter = database.locks().await.unwrap();
        let mut waiting = JoinSet::new();
        waiting.spawn(async move { waiter.wait_for(KEY, LONG).await });
        let ended = holder.ended();
        assert!(!ended.is_cancelled());
        drop(holder);
        assert_eq!(waiting.join_next().await.unwrap().unwrap().unwrap(), Waited::Acquired);
        ended.cancelled().await;
    }

    async fn broken_holder_knows_and_says_so(place: Place) {
        let database = open(&place).await;
        let mut locks = database.locks().await.unwrap();
        locks.hold(KEY).await.unwrap();
        let Some(pid) = locks.backend_pid() else {
            assert_eq!(database.engine(), Engine::Sqlite);
            return;
        };
        assert_eq!(database.terminate_backends(&[pid]).await.unwrap(), 1);
        tokio::time::timeout(LONG, locks.ended().cancelled()).await.expect("the end is noticed");
        let error = locks.try_hold(KEY + 1).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        database.locks().await.unwrap().hold(KEY).await.unwrap();
    }

    async fn call_left_in_the_middle_breaks_its_holder(place: Place) {
        let database = open(&place).await;
        let mut first = database.locks().await.unwrap();
        first.hold(KEY).await.unwrap();
        let mut second = database.locks().await.unwrap();
        let left = tokio::time::timeout(SHORT, second.wait_for(KEY, LONG)).await;
        assert!(left.is_err());
        first.release(KEY).await.unwrap();
        if database.engine() == Engine::Postgres {
            assert!(second.try_hold(KEY).await.is_err());
        }
        let mut third = database.locks().await.unwrap();
        assert_eq!(third.wait_for(KEY, LONG).await.unwrap(), Waited::Acquired);
    }
}
