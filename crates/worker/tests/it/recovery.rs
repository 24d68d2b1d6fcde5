//! Recoveries: what a dead instance left goes on, and a run that kills again and again ends.

use gathering_domain::RunStatus;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    node::{Node, count},
    world::World,
};

/// More deaths than any run survives.
const MANY: usize = 20;

each_database! {
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
                crate::node::until("the run is recovered", here).await;
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
