//! A server that is killed in the middle of a run: the next one goes on where it was.

use std::{fmt::Write as _, time::Duration};

use gathering_testkit::Place;
use serde_json::json;

use crate::{server::Home, target::Target};

/// How many steps the run has, one after the other.
const STEPS: usize = 16;

/// A pipeline that asks the target for one path after the other.
fn chain(address: &str) -> String {
    let mut text = String::from("name: chain\nnodes:\n  - { id: start, type: trigger }\n");
    let mut edges = String::from("edges:\n");
    let mut from = "start".to_owned();
    for step in 0..STEPS {
        let url = format!("http://{address}/{step}");
        let _ = writeln!(
            text,
            "  - {{ id: step_{step}, type: action, config: {{ kind: http, method: PUT, url: \"{url}\" }} }}"
        );
        let _ = writeln!(edges, "  - {{ from: {from}, to: step_{step} }}");
        from = format!("step_{step}");
    }
    text + &edges
}

gathering_testkit::each_database! {
    async fn a_killed_server_loses_no_run_and_repeats_no_finished_step(place: Place) {
        let target = Target::start(Duration::from_millis(25)).await;
        let address = target.address.to_string();
        let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
        let mut server = home.serve().await;
        let mut owner = server.set_up().await;
        let pipeline = owner.create_pipeline(&chain(&address)).await;
        let run = owner.start_run(&pipeline, "one", &json!(null)).await;
        let id = run["id"].as_str().unwrap().to_owned();
        let kills = [4, 9, 13];
        for reached in kills {
            target.reached(reached).await;
            server.kill().await;
            server = home.serve().await;
            owner = server.known(&owner);
        }
        owner.wait_for(&id, "succeeded").await;
        let counts = target.counts();
        assert_eq!(counts.len(), STEPS, "{counts:?}");
        // A kill may cut the answer of the one step in flight, which is asked again; no other is.
        let repeated: u32 = counts.values().map(|count| count - 1).sum();
        assert!(repeated <= u32::try_from(kills.len()).unwrap(), "{counts:?}");
        assert!(counts.values().all(|count| *count <= 2), "{counts:?}");
        drop(server);
    }
}
