//! Lanes: ordered, guarded, told apart from what others do.

use gathering_database::{Engine, Error, Sql, Unit, params};
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
            lane.apply(Unit::new().with(gathering_database::Statement::new(ADD, params![id(1), step]).returning()))
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
