//! Lanes: what one claim looks at, and which of many lanes it looks into.

use gathering_database::Sql;
use gathering_database::params;
use gathering_domain::{Duration, RunId};
use gathering_storage::{NewRun, RunLimit, all_statements, claim};
use gathering_testkit::{Place, each_database};
use rusqlite::StatementStatus;

use crate::support::{Node, join_all, node};

/// Runs in one lane that wait for a time that is far away.
const PARKED: u32 = 20_000;

/// Copies the one run that has a lane.
fn copies(id: &str, count: u32) -> String {
    let same = "project_id, actor, machine, title, trigger, status, runnable_at, priority, lane, \
        root_run_id, first_run_id, created_at, pokes, recoveries, recovered_seq, input_tokens, \
        output_tokens, cost_micro_usd, unpriced_calls, model_calls, tool_calls";
    format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
         INSERT INTO runs (id, {same}) SELECT {id}, {same} FROM runs CROSS JOIN numbers \
         WHERE lane IS NOT NULL"
    )
}

/// How much the search for runs in lanes goes through: steps of SQLite's machine, pages of PostgreSQL.
async fn visited(node: &Node, place: &Place) -> i64 {
    let declared = all_statements().find(|declared| declared.name.ends_with("lanes::CANDIDATES"));
    let text = declared.unwrap().sql.text(node.database().engine());
    let now = node.now().micros();
    if let Some(directory) = place.directory() {
        let connection = rusqlite::Connection::open(directory.join("gathering.db")).unwrap();
        let mut statement = connection.prepare(text).unwrap();
        for (name, value) in [("$1", now), ("$2", 256), ("$3", 10), ("$4", 256)] {
            let index = statement.parameter_index(name).unwrap().unwrap();
            statement.raw_bind_parameter(index, value).unwrap();
        }
        let mut rows = statement.raw_query();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        return statement.get_status(StatementStatus::VmStep).into();
    }
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {text}");
    let explain: &'static str = Box::leak(explain.into_boxed_str());
    let plan: Vec<(String,)> = node
        .database()
        .query(Sql::each("", explain), params![now, 256_i64, 10_i64, 256_i64])
        .await
        .unwrap();
    // The first are those of the whole.
    let buffers = plan.iter().find(|(line,)| line.contains("Buffers: shared")).unwrap();
    let numbers = buffers.0.split(['=', ' ']).filter_map(|word| word.parse::<i64>().ok());
    numbers.sum()
}

async fn next(node: &Node) -> RunId {
    let claimed = claim(node.database(), node.id, 1, node.now()).await.unwrap();
    claimed.first().expect("something is due").id
}

each_database! {
    async fn runs_of_a_lane_that_are_not_due_are_not_looked_through(place: Place) {
        let node = node(&place).await;
        let run_id = node.create(node.world.limited("agent:x", 2)).await;
        assert_eq!(next(&node).await, run_id);
        let far = node.now() + Duration::from_secs(360_000);
        node.park(run_id, Some(far), 0).await;
        let few = visited(&node, &place).await;
        assert!(few > 0);
        let id = if place.url().is_some() { "gen_random_uuid()" } else { "randomblob(16)" };
        node.database().script(copies(id, PARKED)).await.unwrap();
        let many = visited(&node, &place).await;
        assert!(many <= 2 * few + 10, "{many} for {PARKED} parked runs, {few} for one");
        // What is due is found behind them, in another lane and in theirs.
        let other = node.create(node.world.limited("agent:y", 1)).await;
        assert_eq!(next(&node).await, other);
        let same = node.create(NewRun { priority: 1, ..node.world.limited("agent:x", 2) }).await;
        assert_eq!(next(&node).await, same);
        node.park(same, Some(node.now()), 0).await;
        assert_eq!(next(&node).await, same);
        node.stop().await;
    }

    async fn any_number_of_open_lanes_is_not_in_the_way_of_what_goes_first(place: Place) {
        let node = node(&place).await;
        let begun = node.create(node.world.limited("agent:begun", 1)).await;
        assert_eq!(next(&node).await, begun);
        node.world.clock.advance(Duration::from_secs(1));
        let oldest = node.create(node.world.limited("agent:zzz", 1)).await;
        node.world.clock.advance(Duration::from_secs(1));
        let lanes = (0..300).map(|lane| format!("agent:{lane:03}"));
        let lanes: Vec<NewRun> = lanes.map(|key| node.world.limited(&key, 1)).collect();
        join_all(lanes.into_iter().map(|run| node.create(run))).await;
        node.world.clock.advance(Duration::from_secs(1));
        node.park(begun, Some(node.now()), 0).await;
        let urgent = node.create(NewRun { priority: 1, ..node.world.limited("agent:zzzz", 1) }).await;
        for expected in [urgent, begun, oldest] {
            assert_eq!(next(&node).await, expected);
        }
        node.stop().await;
    }

    async fn begun_run_that_needs_no_place_anew_goes_by_its_age(place: Place) {
        let node = node(&place).await;
        let limit = RunLimit { key: "thread:x".into(), max: 1, until_end: true };
        let begun = node.create(NewRun { limits: vec![limit], ..node.world.run() }).await;
        assert_eq!(next(&node).await, begun);
        let unlimited = node.create(node.world.run()).await;
        node.world.clock.advance(Duration::from_secs(1));
        let limited = node.create(node.world.limited("agent:x", 1)).await;
        node.world.clock.advance(Duration::from_secs(1));
        node.park(begun, Some(node.now()), 0).await;
        for expected in [unlimited, limited, begun] {
            assert_eq!(next(&node).await, expected);
        }
        node.stop().await;
    }
}
