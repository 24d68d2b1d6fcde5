//! Recoveries: what a dead instance left goes on, and a run that kills again and again ends.

use gathering_database::{Sql, Statement, Unit, params};
use gathering_domain::{Duration, RunId, RunStatus};
use gathering_storage::load_journal;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    node::{Node, Start, count, until},
    world::World,
};

/// More deaths than any run survives.
const MANY: usize = 20;

each_database! {
    async fn a_run_whose_journal_cannot_be_read_ends_with_all_that_hangs_on_it(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let grandchild = json!({ "children": "inner", "count": 1, "steps": [{ "await": "never" }] });
        let child = json!([{ "all": [{ "await": "go" }, grandchild] }]);
        let run = node.start(json!([{ "children": "child", "count": 1, "steps": child }])).await;
        let of = |parent| move |inside: crate::node::Inside| async move {
            gathering_storage::list_children(parent).all(&inside.database).await.unwrap()
        };
        node.waits(run).await;
        let child = node.run(of(run)).await[0].id;
        node.waits(child).await;
        let grandchild = node.run(of(child)).await[0].id;
        node.waits(grandchild).await;
        spoil(&node, child).await;
        node.tell(child, crate::node::signal("go")).await;
        let has_ended = || async { node.row(child).await.finished_at.is_some() };
        until("it ends", has_ended).await;
        let outcome = node.row(child).await.outcome.unwrap();
        assert_eq!(outcome.error.unwrap().code, "journal_unreadable");
        node.ended(grandchild, RunStatus::Cancelled).await;
        node.ended(run, RunStatus::Failed).await;
        node.stop().await;
    }

    async fn a_run_of_a_newer_program_is_given_back_for_one_to_claim(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([{ "do": "a" }]);
        let start = Start { steps, behaviour: Some(3), queued: true, ..Start::default() };
        let run = node.start_with(start).await;
        let given_back = || async {
            let row = node.row(run).await;
            row.owner.is_none() && row.started_at.is_some()
        };
        until("it is given back", given_back).await;
        let row = node.row(run).await;
        let rests = row.runnable_at.unwrap().since(row.started_at.unwrap());
        assert!(rests >= Duration::from_secs(2), "{rests}");
        assert_eq!(row.status, RunStatus::Queued);
        node.stop().await;
    }

    async fn nothing_is_lost_and_nothing_settled_is_repeated_over_a_death(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([
            { "do": "a", "kind": "unsafe" },
            { "do": "b", "input": { "hang_first": 1 } },
            { "do": "c", "kind": "unsafe" },
        ]);
        let mut runs = Vec::new();
        for _ in 0..20 {
            runs.push(node.start(steps.clone()).await);
        }
        world.attempted("b", 20).await;
        node.kill();
        let node = Node::open(&place, &world).await;
        for run in runs {
            node.ended(run, RunStatus::Succeeded).await;
        }
        for (key, times) in [("a", 20), ("b", 40), ("c", 20)] {
            assert_eq!(world.attempts(key).len(), times, "{key}");
        }
        node.stop().await;
    }

    async fn a_run_with_a_long_journal_goes_on_after_a_death(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let step = |number: usize| json!({ "do": format!("step_{number}") });
        let mut steps: Vec<_> = (0..600).map(step).collect();
        steps.push(json!({ "do": "last", "input": { "hang_first": 1 } }));
        let run = node.start(serde_json::Value::Array(steps)).await;
        world.attempted("last", 1).await;
        node.kill();
        let node = Node::open(&place, &world).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert!(journal.len() > 600, "{}", journal.len());
        assert_eq!(world.attempts("step_599").len(), 1);
        node.stop().await;
    }

    async fn a_run_that_brings_down_its_process_each_time_ends_as_poisoned(place: Place) {
        // A pure effect, and one whose attempts are logged because they cost: neither gets it anywhere.
        for step in [json!({ "do": "bad", "input": { "gate": "never" } }),
                     json!({ "do": "bad", "reserve": 1, "input": { "gate": "never" } })] {
            let world = World::new();
            let place = match &place {
                Place::Sqlite(_) => Place::sqlite(),
                Place::Postgres(_) => Place::postgres().await,
            };
            let mut node = Node::open(&place, &world).await;
            let run = node.start(json!([{ "do": "good" }, step])).await;
            let mut deaths = 0;
            loop {
                // It is under way here, or it has ended.
                let attempts = world.attempts("bad").len();
                let here = || async {
                    world.attempts("bad").len() > deaths || node.row(run).await.finished_at.is_some()
                };
                until("the run is recovered", here).await;
                if node.row(run).await.finished_at.is_some() {
                    break;
                }
                assert!(attempts < MANY, "it is never found out");
                deaths += 1;
                node.kill();
                node = Node::open(&place, &world).await;
            }
            node.ended(run, RunStatus::Failed).await;
            assert_eq!(node.row(run).await.outcome.unwrap().error.unwrap().code, "poisoned");
            assert!(deaths > 5, "{deaths} deaths are no proof");
            assert_eq!(world.attempts("good").len(), 1);
            node.stop().await;
        }
    }

    async fn a_run_that_gets_on_survives_any_number_of_deaths(place: Place) {
        let world = World::new();
        let mut node = Node::open(&place, &world).await;
        let steps: Vec<_> = (0..14)
            .map(|number| json!({ "do": format!("s{number}"), "input": { "hang_first": 1 } }))
            .collect();
        let run = node.start(json!(steps)).await;
        for number in 0..14 {
            world.attempted(&format!("s{number}"), 1).await;
            node.kill();
            node = Node::open(&place, &world).await;
        }
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(count(&journal, "effect_settled"), 14);
        node.stop().await;
    }

    async fn an_owned_run_that_nobody_drives_is_found(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(json!([{ "await": "answer" }])).await;
        node.waits(run).await;
        // As if the answer to the append that claimed it had been lost.
        let owner = node.id();
        let id = format!("{:x}", run.uuid().as_simple());
        let own = match place {
            Place::Sqlite(_) => format!("x'{:x}'", owner.uuid().as_simple()),
            Place::Postgres(_) => format!("'{}'", owner.uuid()),
        };
        let id = match place {
            Place::Sqlite(_) => format!("x'{id}'"),
            Place::Postgres(_) => format!("'{}'", run.uuid()),
        };
        node.script(format!(
            "UPDATE runs SET owner = {own}, status = 'running', waiting = NULL WHERE id = {id}"
        ))
        .await;
        node.waits(run).await;
        node.tell(run, crate::node::signal("answer")).await;
        node.ended(run, RunStatus::Succeeded).await;
        node.stop().await;
    }
}

/// Spoils what the log has of a run, wherever that stands in its rows.
async fn spoil(node: &Node, run_id: RunId) {
    const ROWS: Sql = Sql::both("SELECT id, runs, entries FROM log");
    const SPOIL: Sql = Sql::both("UPDATE log SET entries = $2 WHERE id = $1");
    // After a byte, a section for each run: its id, its project, and behind more the length of its entries.
    const SECTION: usize = 38;
    const LENGTH_AT: usize = 34;
    let spoiled = move |inside: crate::node::Inside| async move {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> =
            inside.database.query(ROWS, params![]).await.unwrap();
        let mut unit = Unit::new();
        for (row, runs, mut entries) in rows {
            let (mut begins, mut found) = (0, false);
            for section in runs[1..].chunks_exact(SECTION) {
                let length = u32::from_le_bytes(section[LENGTH_AT..].try_into().unwrap());
                let own = &mut entries[begins..begins + length as usize];
                if section.starts_with(run_id.uuid().as_bytes()) {
                    let body = own.iter().position(|byte| *byte == b'{').unwrap();
                    own[body] = b'!';
                    found = true;
                }
                begins += length as usize;
            }
            if found {
                unit.push(Statement::new(SPOIL, params![row, entries]));
            }
        }
        inside.database.apply(unit).await.unwrap();
        assert!(load_journal(&inside.database, run_id).await.is_err());
    };
    node.run(spoiled).await;
}
