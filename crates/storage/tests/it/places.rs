//! Places that ended runs have left: removed whatever their key, and nobody else's with them.

use std::collections::HashSet;

use gathering_database::Sql;
use gathering_domain::RunId;
use gathering_storage::{NewRun, PLACES_PAGE, RunLimit, claim, forget_places};
use gathering_testkit::{Place, each_database};
use uuid::Uuid;

use crate::support::{Node, node};

const LEFT: Sql = Sql::both("SELECT run_id FROM slots ORDER BY run_id");
const COUNT: Sql = Sql::both("SELECT COUNT(*) FROM slots");

async fn left(node: &Node) -> HashSet<RunId> {
    let rows: Vec<(Uuid,)> = node.database().query(LEFT, Vec::new()).await.unwrap();
    rows.into_iter().map(|(id,)| RunId::from_uuid(id)).collect()
}

async fn count(node: &Node) -> i64 {
    let row: Option<(i64,)> = node.database().query_opt(COUNT, Vec::new()).await.unwrap();
    row.unwrap().0
}

/// A run that was claimed with a place of its thread.
async fn begun(node: &Node, thread: &str) -> RunId {
    let limit = RunLimit { key: format!("thread:{thread}"), max: 1, until_end: true };
    let run_id = node.create(NewRun { limits: vec![limit], ..node.world.run() }).await;
    let claimed = claim(node.database(), node.id, 1, node.now()).await.unwrap();
    assert_eq!(claimed[0].id, run_id);
    run_id
}

each_database! {
    async fn places_of_ended_runs_are_forgotten_and_those_of_others_kept(place: Place) {
        let node = node(&place).await;
        let [ended, parked, owned, last] =
            [begun(&node, "a").await, begun(&node, "b").await, begun(&node, "c").await, begun(&node, "d").await];
        node.finish(ended, 1).await;
        node.finish(last, 1).await;
        node.park(parked, None, 0).await;
        assert_eq!(left(&node).await, HashSet::from([ended, parked, owned, last]));
        assert_eq!(forget_places(node.database(), None).await.unwrap(), None);
        assert_eq!(left(&node).await, HashSet::from([parked, owned]));
        // They still count.
        let limit = RunLimit { key: "thread:b".into(), max: 1, until_end: true };
        node.create(NewRun { limits: vec![limit], ..node.world.run() }).await;
        assert_eq!(claim(node.database(), node.id, 1, node.now()).await.unwrap(), []);
        node.stop().await;
    }

    async fn one_call_looks_at_a_page_and_the_next_goes_on_behind_it(place: Place) {
        let node = node(&place).await;
        let (parked, ended) = (begun(&node, "a").await, begun(&node, "z").await);
        node.finish(ended, 1).await;
        let id = if place.url().is_some() { "gen_random_uuid()" } else { "randomblob(16)" };
        let more = 2 * PLACES_PAGE;
        // Of runs that are there no more.
        let script = format!(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {more}) \
             INSERT INTO slots (limit_key, run_id, until_end) SELECT 'thread:m' || n, {id}, true FROM numbers"
        );
        node.database().script(script).await.unwrap();
        let mut sizes = Vec::new();
        let mut after = None;
        loop {
            after = forget_places(node.database(), after).await.unwrap();
            sizes.push(count(&node).await);
            if after.is_none() {
                break;
            }
        }
        // The parked run's is in the first page.
        let page = i64::from(PLACES_PAGE);
        assert_eq!(sizes, [page + 3, 3, 1]);
        assert_eq!(left(&node).await, HashSet::from([parked]));
        node.stop().await;
    }
}
