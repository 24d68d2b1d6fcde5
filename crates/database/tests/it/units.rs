//! Units of writes: whole or not at all, each acknowledged for itself.

use std::sync::Arc;

use gathering_database::{Engine, Error, Sql, Statement, Unit, params};
use gathering_testkit::{Place, each_database};
use tokio::task::JoinSet;

use crate::support::{ADD, AMOUNT, INSERT, SET_AMOUNT, amount, id, insert, item, names, open};

each_database! {
    async fn group_commit_acknowledges_each_unit_for_itself(place: Place) {
        let database = open(&place).await;
        let mut callers = JoinSet::new();
        for number in 0..200 {
            let database = database.clone();
            callers.spawn(async move {
                // Every seventh repeats the key of the one before it, in whatever order they come.
                let key = if number % 7 == 6 { number - 1 } else { number };
                let result = database.apply(insert(key, &format!("{number:03}"))).await;
                // What is acknowledged can be read at once.
                let read = amount(&database, key).await.unwrap();
                (number, key, result, read)
            });
        }
        let mut applied = Vec::new();
        while let Some(done) = callers.join_next().await {
            let (number, key, result, read) = done.unwrap();
            assert_eq!(read, Some(1), "{number}");
            match result {
                Ok(_) => applied.push((key, format!("{number:03}"))),
                Err(Error::Unique { constraint, .. }) => assert_eq!(constraint, "items_pkey"),
                Err(other) => panic!("{number}: {other}"),
            }
        }
        assert_eq!(applied.len(), 200 - 28, "one of each pair, and all others");
        let mut expected: Vec<_> = applied.into_iter().map(|(_, name)| name).collect();
        expected.sort();
        assert_eq!(names(&database).await, expected);
    }

    async fn failing_unit_rolls_back_alone(place: Place) {
        let database = open(&place).await;
        database.apply(insert(1, "kept")).await.unwrap();
        let bad = insert(2, "undone").run(INSERT, item(1, "again"));
        let good = insert(3, "also kept");
        let (bad, good) = tokio::join!(database.apply(bad), database.apply(good));
        assert!(matches!(bad, Err(Error::Unique { .. })), "{bad:?}");
        good.unwrap();
        assert_eq!(names(&database).await, ["also kept", "kept"]);
    }

    async fn unmet_expectation_undoes_the_unit_and_says_where(place: Place) {
        let database = open(&place).await;
        database.apply(insert(1, "first")).await.unwrap();
        let unit = insert(2, "second").expect(1, SET_AMOUNT, params![id(1), 5]).expect(1, SET_AMOUNT, params![id(9), 5]);
        let error = database.apply(unit).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { statement: 2, got: 0, want: 1 }), "{error:?}");
        assert_eq!(names(&database).await, ["first"]);
        assert_eq!(amount(&database, 1).await.unwrap(), Some(1));
        let met = insert(2, "second").expect(1, SET_AMOUNT, params![id(1), 5]);
        assert_eq!(database.apply(met).await.unwrap().count(1), 1);
        assert_eq!(amount(&database, 1).await.unwrap(), Some(5));
    }

    async fn rows_of_returning_statements_come_back(place: Place) {
        let database = open(&place).await;
        let unit = insert(1, "a").returning(ADD, params![id(1), 4]).run(ADD, params![id(1), 10]);
        let applied = database.apply(unit).await.unwrap();
        assert_eq!(applied.rows::<(i64,)>(1).unwrap(), [(5,)]);
        assert_eq!(applied.first::<(i64,)>(1).unwrap(), Some((5,)));
        assert_eq!((applied.count(0), applied.count(1), applied.count(2)), (1, 1, 1));
        assert!(applied.rows::<(i64,)>(2).unwrap().is_empty(), "not marked as returning");
        let none = Statement::new(ADD, params![id(9), 1]).returning().expecting(0);
        let applied = database.apply(Unit::new().with(none)).await.unwrap();
        assert_eq!(applied.rows::<(i64,)>(0).unwrap(), []);
        assert_eq!(amount(&database, 1).await.unwrap(), Some(15));
    }

    async fn guard_without_a_row_writes_nothing(place: Place) {
        let database = open(&place).await;
        let guarded = |number, of| insert(number, "guarded").guard(AMOUNT, params![id(of)]);
        let error = database.apply(guarded(2, 1)).await.unwrap_err();
        assert!(matches!(error, Error::GuardFailed), "{error:?}");
        assert!(names(&database).await.is_empty());
        database.apply(insert(1, "alive")).await.unwrap();
        database.apply(guarded(2, 1)).await.unwrap();
        assert_eq!(names(&database).await, ["alive", "guarded"]);
    }

    async fn constraints_are_told_apart_by_the_same_names(place: Place) {
        const WITH_SHELF: Sql = Sql::both("INSERT INTO items (id, name, amount, shelf) VALUES ($1, $2, $3, $4)");
        const WITH_CODE: Sql = Sql::both("INSERT INTO items (id, name, amount, code) VALUES ($1, $2, 1, $2)");
        let database = open(&place).await;
        database.apply(insert(1, "a")).await.unwrap();
        database.apply(Unit::new().run(WITH_CODE, params![id(2), "c"])).await.unwrap();
        let unique = async |unit| match database.apply(unit).await {
            Err(Error::Unique { constraint, .. }) => constraint,
            other => panic!("{other:?}"),
        };
        assert_eq!(unique(insert(1, "b")).await, "items_pkey");
        assert_eq!(unique(insert(9, "a")).await, "items_by_name");
        let coded = Unit::new().run(Sql::both("INSERT INTO items (id, name, amount, code) VALUES ($1, 'x', 7, $2)"), params![id(3), "c"]);
        assert_eq!(unique(coded).await, "items_code_key");
        let error = database.apply(Unit::new().run(WITH_SHELF, params![id(4), "d", 1, id(77)])).await.unwrap_err();
        assert!(matches!(error, Error::ForeignKey { .. }), "{error:?}");
        let error = database.apply(Unit::new().run(INSERT, params![id(5), "e", -1])).await.unwrap_err();
        let Error::Constraint { constraint: Some(name), .. } = error else { panic!("{error:?}") };
        assert_eq!(name, "amount_is_positive");
    }

    async fn defective_statement_fails_alone_and_says_why(place: Place) {
        let database = open(&place).await;
        let (wrong, right) = tokio::join!(
            database.apply(insert(1, "a").run(Sql::both("UPDATE nowhere SET a = $1"), params![1])),
            database.apply(insert(2, "b")),
        );
        assert!(matches!(wrong, Err(Error::Other { .. })), "{wrong:?}");
        right.unwrap();
        // One parameter too few, and on PostgreSQL one of another type.
        let error = database.apply(Unit::new().run(SET_AMOUNT, params![id(1)])).await.unwrap_err();
        assert!(matches!(error, Error::Other { .. }), "{error:?}");
        if database.engine() == Engine::Postgres {
            let error = database.apply(insert(3, "c").run(SET_AMOUNT, params![id(1), "ten"])).await.unwrap_err();
            assert!(matches!(error, Error::Other { .. }), "{error:?}");
        }
        assert_eq!(names(&database).await, ["b"]);
    }

    async fn values_come_back_as_they_were_bound(place: Place) {
        type Kinds = (bool, i64, f64, String, Vec<u8>, Option<uuid::Uuid>);
        let database = open(&place).await;
        database.script("CREATE TABLE kinds (a boolean, b bigint, c double precision, d text, e bytea, f uuid)").await.unwrap();
        let insert = Sql::both("INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6)");
        let text = Arc::<str>::from("it's 100 % \u{1f980} \"text\"");
        let unit = Unit::new()
            .run(insert, params![true, i64::MIN, -0.5, Arc::clone(&text), vec![0_u8, 255], id(u128::MAX)])
            .run(insert, params![false, i64::MAX, 3.0, "", Vec::<u8>::new(), None::<uuid::Uuid>]);
        database.apply(unit).await.unwrap();
        let found = database.query::<Kinds>(Sql::both("SELECT * FROM kinds ORDER BY b"), params![]).await.unwrap();
        assert_eq!(found, [
            (true, i64::MIN, -0.5, text.to_string(), vec![0, 255], Some(id(u128::MAX))),
            (false, i64::MAX, 3.0, String::new(), vec![], None),
        ]);
    }
}
