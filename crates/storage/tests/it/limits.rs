//! Random sets of limits under several instances that die: none is exceeded, and all runs end.

mod checked;

use gathering_storage::{NewRun, Storage, claim};
use gathering_testkit::Place;
use proptest::prelude::*;

use self::checked::Checked;
use crate::{
    histories::Histories,
    support::{Node, World, database, join_all},
};

/// Runs that a history has at most.
const RUNS: usize = 14;
/// Ids that a history takes at most.
const IDS: u64 = 1_000;
/// The keys of which runs take places: with the most, and whether a place is kept until the end.
const KEYS: [(&str, u32, bool); 6] = [
    ("agent:a", 1, false),
    ("agent:b", 2, false),
    ("pipeline:p", 2, true),
    ("project:x", 3, false),
    ("thread:t", 1, true),
    ("thread:u", 1, true),
];

#[derive(Debug, Clone)]
enum Op {
    /// A run with the keys whose bits are set.
    Create {
        keys: u8,
        priority: i64,
        deadline: Option<u64>,
    },
    Claim {
        by: usize,
        limit: u32,
    },
    ClaimAll {
        limit: u32,
    },
    Park {
        run: usize,
        wake_after: Option<u64>,
    },
    Release {
        run: usize,
    },
    Finish {
        run: usize,
    },
    Wake {
        run: usize,
    },
    Cancel {
        run: usize,
    },
    Pass {
        secs: u64,
    },
    Die {
        which: usize,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let run = 0..RUNS;
    prop_oneof![
        5 => (0..64_u8, -1..2_i64, prop::option::weighted(0.2, 1..90_u64))
            .prop_map(|(keys, priority, deadline)| Op::Create { keys, priority, deadline }),
        5 => (0..3_usize, 1..6_u32).prop_map(|(by, limit)| Op::Claim { by, limit }),
        3 => (1..4_u32).prop_map(|limit| Op::ClaimAll { limit }),
        4 => (run.clone(), prop::option::of(0..60_u64))
            .prop_map(|(run, wake_after)| Op::Park { run, wake_after }),
        1 => run.clone().prop_map(|run| Op::Release { run }),
        3 => run.clone().prop_map(|run| Op::Finish { run }),
        2 => run.clone().prop_map(|run| Op::Wake { run }),
        1 => run.prop_map(|run| Op::Cancel { run }),
        2 => (1..30_u64).prop_map(|secs| Op::Pass { secs }),
        1 => (0..3_usize).prop_map(|which| Op::Die { which }),
    ]
}

/// Stores as several processes open them, each with connections of its own.
async fn opened(instances: usize, place: &Place) -> Vec<Storage> {
    let mut storages = Vec::new();
    for _ in 0..instances {
        storages.push(Storage::open(database(place).await).await.unwrap());
    }
    storages
}

async fn check(storages: &[Storage], number: u64, ops: Vec<Op>) {
    storages[0]
        .database()
        .script("DELETE FROM runs; DELETE FROM inbox; DELETE FROM slots")
        .await
        .unwrap();
    let world = World::after(number * IDS);
    let mut nodes = Vec::new();
    for storage in storages {
        nodes.push(Node::without_index(storage, &world).await);
    }
    let mut checked = Checked::new(nodes);
    for op in ops {
        checked.apply(op).await;
    }
    checked.drain().await;
    checked.stop().await;
}

async fn histories(cases: u32, instances: usize, place: Place) {
    let storages = opened(instances, &place).await;
    let histories = Histories { cases, operations: 80, shrinks: 200 };
    histories
        .check(op, move |number, ops| {
            let storages = storages.clone();
            async move { check(&storages, number, ops).await }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_has_more_at_work_than_it_allows_and_all_end_on_sqlite() {
    // There is one instance on SQLite.
    histories(64, 1, Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_has_more_at_work_than_it_allows_and_all_end_on_postgres() {
    histories(16, 3, Place::postgres().await).await;
}

/// Keeps a claim open for a moment once it has taken a place, so that others come in between.
const SLOWLY: &str = "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql \
    AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$; \
    CREATE TRIGGER slowly AFTER INSERT ON slots FOR EACH ROW EXECUTE FUNCTION slowly()";

/// Whoever looks later sees a run of higher priority, and so chooses another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_choose_different_runs_of_a_key_share_its_places() {
    const ROUNDS: i64 = 20;
    let place = Place::postgres().await;
    let world = World::new();
    let mut nodes = Vec::new();
    for storage in opened(3, &place).await {
        nodes.push(Node::without_index(&storage, &world).await);
    }
    nodes[0].database().script(SLOWLY).await.unwrap();
    for round in 0..ROUNDS {
        let claims = nodes.iter().zip(0..).map(|(node, number)| async move {
            for step in 0..4 {
                let priority = round * 100 + step * 10 + number;
                node.create(NewRun { priority, ..node.world.limited("agent:x", 2) }).await;
                let claimed = claim(node.database(), node.id, 1, node.now()).await.unwrap();
                if let Some(run) = claimed.first() {
                    return Some((node, run.id));
                }
            }
            None
        });
        let claims = claims.map(Box::pin);
        let held: Vec<_> = join_all(claims).await.into_iter().flatten().collect();
        assert!(held.len() <= 2, "{} runs hold a place in round {round}", held.len());
        for (node, run) in held {
            node.finish(run, 1).await;
        }
    }
    for node in nodes {
        node.stop().await;
    }
}
