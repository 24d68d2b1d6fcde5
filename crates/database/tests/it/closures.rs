//! Closures: read, decide and write in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gathering_database::{Database, Error, Tx, params};
use gathering_testkit::{Place, each_database};
use tokio::task::JoinSet;

use crate::support::{ADD, AMOUNT, INSERT, SET_AMOUNT, amount, id, insert, item, names, open};

#[derive(Debug)]
enum Refusal {
    NotWanted,
    Database(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

each_database! {
    async fn closure_sees_its_own_writes(place: Place) {
        let database = open(&place).await;
        let seen = database.transact::<_, Error, _>(|tx| {
            tx.execute(INSERT, item(1, "a"))?;
            tx.execute_expecting(1, SET_AMOUNT, params![id(1), 7])?;
            tx.query_opt::<(i64,)>(AMOUNT, params![id(1)])
        });
        assert_eq!(seen.await.unwrap(), Some((7,)));
        assert_eq!(amount(&database, 1).await.unwrap(), Some(7));
    }

    async fn refused_closure_rolls_back_alone(place: Place) {
        let database = open(&place).await;
        let refused = database.transact(|tx| {
            tx.execute(INSERT, item(1, "undone"))?;
            Err::<(), _>(Refusal::NotWanted)
        });
        let (refused, kept) = tokio::join!(refused, database.apply(insert(2, "kept")));
        assert!(matches!(refused, Err(Refusal::NotWanted)), "{refused:?}");
        kept.unwrap();
        assert_eq!(names(&database).await, ["kept"]);
    }

    async fn failed_statement_loses_the_closure_even_if_ignored(place: Place) {
        let database = open(&place).await;
        database.apply(insert(1, "a")).await.unwrap();
        let result = database.transact(|tx| {
            tx.execute(INSERT, item(2, "b"))?;
            let _ = tx.execute(INSERT, item(1, "again"));
            let later = tx.execute(INSERT, item(3, "c"));
            assert!(matches!(later, Err(Error::Unique { .. })), "{later:?}");
            Ok::<_, Refusal>(())
        });
        assert!(matches!(result.await, Err(Refusal::Database(Error::Unique { .. }))));
        assert_eq!(names(&database).await, ["a"]);
    }

    async fn unmet_expectation_names_the_statement(place: Place) {
        let database = open(&place).await;
        let result = database.transact(|tx| {
            tx.execute(INSERT, item(1, "a"))?;
            tx.execute_expecting(1, SET_AMOUNT, params![id(2), 3])
        });
        let error = result.await.unwrap_err();
        assert!(matches!(error, Error::Conflict { statement: 1, got: 0, want: 1 }), "{error:?}");
        assert!(names(&database).await.is_empty());
    }

    async fn concurrent_read_and_write_loses_no_update(place: Place) {
        let database = open(&place).await;
        database.apply(insert(1, "counter")).await.unwrap();
        let tries = Arc::new(AtomicU32::new(0));
        let mut callers = JoinSet::new();
        for _ in 0..24 {
            let (database, tries) = (database.clone(), Arc::clone(&tries));
            callers.spawn(async move { increment(&database, &tries).await });
        }
        for done in callers.join_all().await {
            done.unwrap();
        }
        assert_eq!(amount(&database, 1).await.unwrap(), Some(25));
        assert!(tries.load(Ordering::SeqCst) >= 24);
    }

    async fn panic_in_a_closure_reaches_its_caller_alone(place: Place) {
        let database = open(&place).await;
        let panicking = database.clone();
        let mut caller = JoinSet::new();
        caller.spawn(async move {
            panicking.transact::<(), Error, _>(|tx| {
                tx.execute(INSERT, item(1, "undone"))?;
                panic!("a defect in a closure")
            }).await
        });
        assert!(caller.join_next().await.unwrap().unwrap_err().is_panic());
        database.transact(|tx: &mut Tx<'_>| tx.execute(INSERT, item(2, "kept"))).await.unwrap();
        assert_eq!(names(&database).await, ["kept"]);
    }

    async fn script_is_applied_whole_or_not_at_all(place: Place) {
        let database = open(&place).await;
        let broken = "CREATE TABLE one (a bigint); INSERT INTO one VALUES (1); CREATE TABLE items (a bigint);";
        database.script(broken).await.unwrap_err();
        database.script("CREATE TABLE one (a bigint)").await.unwrap();
    }
}

/// Reads and writes in two statements, so that another may come between.
async fn increment(database: &Database, tries: &Arc<AtomicU32>) -> Result<(), Error> {
    let tries = Arc::clone(tries);
    let work = move |tx: &mut Tx<'_>| {
        tries.fetch_add(1, Ordering::SeqCst);
        let (before,) =
            tx.query_opt::<(i64,)>(AMOUNT, params![id(1)])?.expect("the counter is there");
        tx.execute(SET_AMOUNT, params![id(1), before + 1])?;
        let after = tx.query::<(i64,)>(ADD, params![id(1), 0])?;
        assert_eq!(after, [(before + 1,)]);
        Ok(())
    };
    database.transact(work).await
}
