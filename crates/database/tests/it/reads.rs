//! Reads: of what has been committed, several of one state.

use gathering_database::{Engine, Error, FromRow, Prepared, Sql, params, row};
use gathering_testkit::{Place, each_database};
use uuid::Uuid;

use crate::support::{AMOUNT, INSERT, SET_AMOUNT, amount, id, insert, item, names, open};

row! {
    #[derive(Debug, PartialEq)]
    struct Item { id: Uuid, name: String, amount: u32 as i64, shelf: Option<Uuid> }
}

const ITEM: Sql = Sql::both("SELECT id, name, amount, shelf FROM items WHERE name = $1 OR $2");

each_database! {
    async fn reads_see_committed_work_only(place: Place) {
        let database = open(&place).await;
        let reader = database.clone();
        let runtime = tokio::runtime::Handle::current();
        let inside = tokio::task::spawn_blocking(move || {
            runtime.block_on(database.clone().transact::<_, Error, _>(move |tx| {
                tx.execute(INSERT, item(1, "a"))?;
                let outside = std::thread::scope(|scope| {
                    scope.spawn(|| futures_block_on(names(&reader))).join().expect("the reader ends")
                });
                assert!(outside.is_empty(), "{outside:?}");
                Ok(reader.clone())
            }))
        });
        let database = inside.await.unwrap().unwrap();
        assert_eq!(names(&database).await, ["a"]);
    }

    async fn several_reads_see_one_state(place: Place) {
        let database = open(&place).await;
        database.apply(insert(1, "a")).await.unwrap();
        let writer = database.clone();
        let (before, after) = database.read::<_, Error, _>(move |reader| {
            let before = reader.query::<(i64,)>(AMOUNT, params![id(1)])?;
            std::thread::scope(|scope| {
                let write = || futures_block_on(writer.apply(gathering_database::Unit::new().run(SET_AMOUNT, params![id(1), 2])));
                scope.spawn(write).join().expect("the writer ends")
            })?;
            Ok((before, reader.query::<(i64,)>(AMOUNT, params![id(1)])?))
        }).await.unwrap();
        assert_eq!(before, after);
        assert_eq!(amount(&database, 1).await.unwrap(), Some(2));
    }

    async fn reader_cannot_write(place: Place) {
        let database = open(&place).await;
        let error = database.query::<(i64,)>(Sql::both("INSERT INTO shelves VALUES ($1) RETURNING 1"), params![id(1)]).await;
        let inside = database.read(|reader| reader.query::<(i64,)>(Sql::both("INSERT INTO shelves VALUES ($1) RETURNING 1"), params![id(1)]));
        // PostgreSQL tells it like a standby would.
        assert!(matches!(inside.await, Err(Error::Other { .. } | Error::Unavailable { .. })));
        if database.engine() == Engine::Sqlite {
            assert!(matches!(error, Err(Error::Other { .. })), "{error:?}");
        }
    }

    async fn rows_read_into_structs_whose_columns_can_be_checked(place: Place) {
        let database = open(&place).await;
        database.apply(insert(1, "a")).await.unwrap();
        let found = database.query_opt::<Item>(ITEM, params!["a", false]).await.unwrap();
        assert_eq!(found, Some(Item { id: id(1), name: "a".into(), amount: 1, shelf: None }));
        assert_eq!(database.query_opt::<Item>(ITEM, params!["b", false]).await.unwrap(), None);
        let prepared = database.prepare_check(ITEM).await.unwrap();
        let columns = Item::COLUMNS.iter().map(ToString::to_string).collect();
        assert_eq!(prepared, Prepared { parameters: 2, columns });
        assert!(database.prepare_check(Sql::both("SELECT nothing FROM items")).await.is_err());
    }

    async fn misfit_between_column_and_type_is_an_error(place: Place) {
        let database = open(&place).await;
        database.apply(insert(1, "a")).await.unwrap();
        let error = database.query::<(String,)>(AMOUNT, params![id(1)]).await.unwrap_err();
        assert_eq!(error.to_string(), "column 0 holds int where text was expected");
    }

    async fn clock_runs_and_size_is_known(place: Place) {
        let database = open(&place).await;
        let first = database.now().await.unwrap();
        let second = database.now().await.unwrap();
        assert!(second >= first && first > 1_700_000_000_000_000, "{first} {second}");
        assert!(database.size_bytes().await.unwrap() > 4_096);
    }
}

/// Runs a future on a thread that belongs to no runtime.
fn futures_block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(work)
}
