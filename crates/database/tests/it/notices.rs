//! Notices: delivered after the commit, once for all equal ones of a batch.

use std::time::Duration;

use gathering_database::{Error, Listener, Notice, Unit, params};
use gathering_testkit::{Place, each_database};

use crate::support::{INSERT, amount, id, insert, item, open};

/// Longest wait for a notice; a failure takes this long, a success does not.
const DEADLINE: Duration = Duration::from_secs(10);

async fn next(listener: &mut Listener) -> Notice {
    let heard = tokio::time::timeout(DEADLINE, listener.recv()).await;
    heard.expect("a notice comes in time").expect("the database is open")
}

fn payload(text: &str) -> Notice {
    Notice::Payload(text.into())
}

each_database! {
    async fn notice_comes_after_the_commit(place: Place) {
        let database = open(&place).await;
        let mut listener = database.listen("items").await.unwrap();
        for number in 1..=20 {
            database.apply(insert(number, &number.to_string()).notify("items", number.to_string())).await.unwrap();
            assert_eq!(next(&mut listener).await, payload(&number.to_string()));
            assert_eq!(amount(&database, number).await.unwrap(), Some(1));
        }
    }

    async fn failed_work_sends_nothing(place: Place) {
        let database = open(&place).await;
        let mut listener = database.listen("items").await.unwrap();
        database.apply(insert(1, "a")).await.unwrap();
        database.apply(insert(1, "b").notify("items", "unit")).await.unwrap_err();
        let closure = database.transact(|tx| {
            tx.notify("items", "closure");
            tx.execute(INSERT, item(1, "c"))
        });
        closure.await.unwrap_err();
        database.transact(|tx| {
            tx.notify("items", "committed");
            tx.execute(INSERT, item(2, "c"))
        }).await.unwrap();
        assert_eq!(next(&mut listener).await, payload("committed"));
    }

    async fn equal_notices_of_a_unit_come_once(place: Place) {
        let database = open(&place).await;
        let mut listener = database.listen("items").await.unwrap();
        let unit = Unit::new().notify("items", "a").notify("items", "a").notify("others", "a");
        database.apply(unit).await.unwrap();
        database.notify("items", "b").await.unwrap();
        assert_eq!(next(&mut listener).await, payload("a"));
        assert_eq!(next(&mut listener).await, payload("b"));
    }

    async fn channels_with_any_name_are_kept_apart(place: Place) {
        let database = open(&place).await;
        let mut odd = database.listen("Odd \"name\"; x").await.unwrap();
        let mut even = database.listen("even").await.unwrap();
        database.notify("Odd \"name\"; x", "1").await.unwrap();
        database.notify("even", "2").await.unwrap();
        assert_eq!(next(&mut odd).await, payload("1"));
        assert_eq!(next(&mut even).await, payload("2"));
    }

    async fn oversize_notices_are_refused_before_anything_is_written(place: Place) {
        let database = open(&place).await;
        let unit = insert(1, "a").notify("items", "x".repeat(8_000));
        assert!(matches!(database.apply(unit).await, Err(Error::Other { .. })));
        assert!(database.listen(&"x".repeat(64)).await.is_err());
        assert!(database.notify("", "x").await.is_err());
        assert_eq!(amount(&database, 1).await.unwrap(), None);
    }

    async fn listener_ends_with_the_database(place: Place) {
        let database = open(&place).await;
        let mut listener = database.listen("items").await.unwrap();
        database.close().await;
        assert_eq!(listener.recv().await, None);
        assert!(matches!(database.query::<(i64,)>(crate::support::AMOUNT, params![id(1)]).await, Err(Error::Closed)));
    }
}
