//! Many writers at once against a model: what was acknowledged is what is there.

use std::collections::BTreeMap;

use gathering_database::{Database, Error, Sql, Tx, Unit, params};
use gathering_testkit::Place;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::task::JoinSet;

use crate::support::{AMOUNT, INSERT, id, open};

const CASES: u32 = 12;
const ADD: Sql = Sql::both("UPDATE items SET amount = amount + $2 WHERE id = $1");
const ALL: Sql = Sql::both("SELECT id, amount FROM items ORDER BY id");

/// What a writer asks for; keys are few, so that writers meet.
#[derive(Debug, Clone)]
enum Step {
    Insert { key: u8 },
    Add { key: u8, by: i64 },
    Move { from: u8, to: u8, by: i64 },
    MoveByClosure { from: u8, to: u8, by: i64 },
    InsertTwice { key: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let (key, by) = (0..6_u8, 1..4_i64);
    prop_oneof![
        key.clone().prop_map(|key| Step::Insert { key }),
        (key.clone(), -3..4_i64).prop_map(|(key, by)| Step::Add { key, by }),
        (key.clone(), key.clone(), by.clone()).prop_map(|(from, to, by)| Step::Move {
            from,
            to,
            by
        }),
        (key.clone(), key.clone(), by).prop_map(|(from, to, by)| Step::MoveByClosure {
            from,
            to,
            by
        }),
        key.prop_map(|key| Step::InsertTwice { key }),
    ]
}

/// What an acknowledged step has changed.
type Changes = Vec<(u8, Option<i64>)>;

/// Does a step; what was acknowledged, or nothing if it was refused for a reason that the rules give.
async fn perform(database: &Database, step: Step) -> Changes {
    let key = |key: u8| id(u128::from(key));
    let insert = |unit: Unit, of: u8| unit.run(INSERT, params![key(of), format!("{of}"), 1]);
    let add = |unit: Unit, of: u8, by: i64| unit.expect(1, ADD, params![key(of), by]);
    let (result, changes) = match step.clone() {
        Step::Insert { key } => {
            (database.apply(insert(Unit::new(), key)).await.map(drop), vec![(key, None)])
        }
        Step::Add { key, by } => {
            (database.apply(add(Unit::new(), key, by)).await.map(drop), vec![(key, Some(by))])
        }
        Step::Move { from, to, by } => {
            let unit = add(add(Unit::new(), from, -by), to, by);
            (database.apply(unit).await.map(drop), vec![(from, Some(-by)), (to, Some(by))])
        }
        Step::MoveByClosure { from, to, by } => {
            let (source, target) = (key(from), key(to));
            let work = move |tx: &mut Tx<'_>| {
                let (has,) =
                    tx.query_opt::<(i64,)>(AMOUNT, params![source])?.ok_or(Error::GuardFailed)?;
                if has < by {
                    return Err(Error::GuardFailed);
                }
                tx.execute_expecting(1, ADD, params![source, -by])?;
                tx.execute_expecting(1, ADD, params![target, by])
            };
            (database.transact(work).await, vec![(from, Some(-by)), (to, Some(by))])
        }
        Step::InsertTwice { key } => {
            let unit = insert(insert(Unit::new(), key), key);
            let error = database.apply(unit).await.expect_err("a key cannot be there twice");
            (Err(error), vec![])
        }
    };
    match result {
        Ok(()) => changes,
        // Missing, present already, or too little: refused by the rules.
        Err(
            Error::Conflict { .. }
            | Error::Unique { .. }
            | Error::Constraint { .. }
            | Error::GuardFailed,
        ) => vec![],
        Err(error) => panic!("{step:?}: {error:?}"),
    }
}

async fn acknowledged_is_what_is_there(
    database: &Database,
    writers: Vec<Vec<Step>>,
) -> Result<(), TestCaseError> {
    database.script("DELETE FROM items").await.expect("the table is emptied");
    let mut tasks = JoinSet::new();
    for steps in writers {
        let database = database.clone();
        tasks.spawn(async move {
            let mut acknowledged = Changes::new();
            for step in steps {
                acknowledged.extend(perform(&database, step).await);
            }
            acknowledged
        });
    }
    let mut model = BTreeMap::new();
    let acknowledged = tasks.join_all().await.concat();
    for (key, _) in acknowledged.iter().filter(|(_, change)| change.is_none()) {
        prop_assert!(model.insert(id(u128::from(*key)), 1).is_none(), "{key} was inserted twice");
    }
    for (key, by) in acknowledged.iter().filter_map(|(key, by)| Some((key, (*by)?))) {
        let found = model.get_mut(&id(u128::from(*key)));
        prop_assert!(found.is_some(), "{key} was changed but never inserted");
        *found.expect("checked above") += by;
    }
    let there = database.query::<(uuid::Uuid, i64)>(ALL, params![]).await.expect("items are read");
    prop_assert_eq!(there, model.into_iter().collect::<Vec<_>>());
    Ok(())
}

fn check(place: impl Future<Output = Place>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let place = runtime.block_on(place);
    let database = runtime.block_on(open(&place));
    let writers = prop::collection::vec(prop::collection::vec(step(), 1..20), 1..12);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&writers, |writers| {
            runtime.block_on(acknowledged_is_what_is_there(&database, writers))
        })
        .expect("the model holds");
    drop(database);
    drop(place);
}

#[test]
fn acknowledged_work_of_many_writers_is_what_is_there_on_sqlite() {
    check(async { Place::sqlite() });
}

#[test]
fn acknowledged_work_of_many_writers_is_what_is_there_on_postgres() {
    check(Place::postgres());
}
