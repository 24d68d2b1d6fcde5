//! Lanes: ordered, guarded, told apart from what others do.

use gathering_database::{Engine, Error, Sql, Statement, Unit, params};
use gathering_testkit::{Place, each_database};

use crate::support::{ADD, INSERT, SET_AMOUNT, amount, id, insert, item, names, open};

/// The fence of a log writer.
const ALIVE: Sql = Sql::each(
    "SELECT id FROM items WHERE id = $1 AND amount > 0",
    "SELECT id FROM items WHERE id = $1 AND amount > 0 FOR SHARE",
);

each_database! {
    async fn units_of_a_lane_are_applied_in_order(place: Place) {
        let database = open(&place).await;
        let lane = database.lane().await.unwrap();
        lane.apply(insert(1, "a")).await.unwrap();
        let units = (0..50).map(|step| {
            lane.apply(Unit::new().with(Statement::new(ADD, params![id(1), step]).returning()))
        });
        let results = futures::future::join_all(units).await;
        let mut expected = 1;
        for (step, result) in (0..50).zip(results) {
            expected += step;
            assert_eq!(result.unwrap().rows::<(i64,)>(0).unwrap(), [(expected,)]);
        }
    }

    async fn fenced_lane_writes_nothing(place: Place) {
        let database = open(&place).await;
        let lane = database.lane().await.unwrap();
        lane.apply(insert(1, "instance")).await.unwrap();
        let fenced = |number| Unit::new().guard(ALIVE, params![id(1)]).run(INSERT, item(number, &number.to_string()));
        lane.apply(fenced(2)).await.unwrap();
        database.apply(Unit::new().run(SET_AMOUNT, params![id(1), 0])).await.unwrap();
        let error = lane.apply(fenced(3)).await.unwrap_err();
        assert!(matches!(error, Error::GuardFailed), "{error:?}");
        assert_eq!(names(&database).await, ["2", "instance"]);
        // The lane goes on.
        database.apply(Unit::new().run(SET_AMOUNT, params![id(1), 1])).await.unwrap();
        lane.apply(fenced(4)).await.unwrap();
        assert_eq!(amount(&database, 4).await.unwrap(), Some(1));
    }

    async fn failed_unit_of_a_lane_leaves_nothing_and_the_next_is_applied(place: Place) {
        let database = open(&place).await;
        let lane = database.lane().await.unwrap();
        let unique = insert(1, "undone").run(INSERT, item(1, "again"));
        let unmet = insert(1, "undone").expect(2, SET_AMOUNT, params![id(1), 4]);
        let misfit = insert(1, "undone").run(SET_AMOUNT, params![id(1), 4, 4]);
        let unknown = insert(1, "undone").run(Sql::both("UPDATE nowhere SET a = 1"), params![]);
        assert!(matches!(lane.apply(unique).await, Err(Error::Unique { .. })));
        assert!(matches!(lane.apply(unmet).await, Err(Error::Conflict { statement: 1, got: 1, want: 2 })));
        assert!(matches!(lane.apply(misfit).await, Err(Error::Other { .. })));
        assert!(matches!(lane.apply(unknown).await, Err(Error::Other { .. })));
        lane.apply(insert(1, "kept")).await.unwrap();
        assert_eq!(names(&database).await, ["kept"]);
    }

    async fn expectations_of_every_kind_of_statement_are_checked(place: Place) {
        const TOUCH: Sql = Sql::both("UPDATE items SET amount = amount WHERE name < $1");
        const TOUCHED: Sql = Sql::both("UPDATE items SET amount = amount WHERE name < $1 RETURNING id");
        const COPY: Sql = Sql::both("INSERT INTO shelves SELECT id FROM items WHERE name < $1");
        const REMOVE: Sql = Sql::both("DELETE FROM items WHERE name < $1 RETURNING name, name");
        const READ: Sql = Sql::both("SELECT id FROM items WHERE name < $1");
        const WITH: Sql = Sql::both("WITH few AS (SELECT id FROM items WHERE name < $1) DELETE FROM items WHERE id IN (SELECT id FROM few)");
        let database = open(&place).await;
        let lane = database.lane().await.unwrap();
        for (number, name) in [(1, "a"), (2, "b"), (3, "c")] {
            lane.apply(insert(number, name)).await.unwrap();
        }
        for sql in [TOUCH, TOUCHED, COPY, REMOVE, READ, WITH] {
            for (below, rows) in [("a", 0), ("c", 2)] {
                let statement = |rows| Statement::new(sql, params![below]).expecting(rows);
                for got in [0, 1, 2, 3].into_iter().filter(|got| *got != rows) {
                    let unit = insert(9, "undone").with(statement(got));
                    let error = lane.apply(unit).await.unwrap_err();
                    assert!(matches!(error, Error::Conflict { statement: 1, got: found, want } if found == rows && want == got), "{sql:?} {error:?}");
                }
                // Undone by its second expectation, so that the next statement finds the same rows.
                let met = Unit::new().with(statement(rows)).expect(7, TOUCH, params![""]);
                let error = lane.apply(met).await.unwrap_err();
                assert!(matches!(error, Error::Conflict { statement: 1, got: 0, want: 7 }), "{sql:?} {error:?}");
            }
        }
        let removed = Unit::new().with(Statement::new(REMOVE, params!["b"]).expecting(1).returning());
        let applied = lane.apply(removed).await.unwrap();
        assert_eq!(applied.rows::<(String, String)>(0).unwrap(), [("a".to_owned(), "a".to_owned())]);
        assert_eq!(applied.count(0), 1);
        let none = Unit::new().with(Statement::new(REMOVE, params!["b"]).expecting(0).returning());
        assert!(lane.apply(none).await.unwrap().rows::<(String, String)>(0).unwrap().is_empty());
        assert_eq!(names(&database).await, ["b", "c"]);
    }

    async fn backends_of_a_lane_can_be_named_and_ended(place: Place) {
        let database = open(&place).await;
        let lane = database.lane().await.unwrap();
        lane.apply(insert(1, "a")).await.unwrap();
        let pids = lane.backend_pids();
        let ended = database.terminate_backends(&pids).await.unwrap();
        if database.engine() == Engine::Sqlite {
            assert_eq!((pids.len(), ended), (0, 0));
            return;
        }
        assert_eq!((pids.len(), ended), (1, 1));
        let error = lane.apply(insert(2, "b")).await.unwrap_err();
        assert!(matches!(error, Error::Lost { .. } | Error::Unavailable { .. }), "{error:?}");
        let error = lane.apply(insert(2, "b")).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        lane.recover().await.unwrap();
        assert_ne!(lane.backend_pids(), pids);
        lane.apply(insert(2, "b")).await.unwrap();
        assert_eq!(names(&database).await, ["a", "b"]);
    }
}
