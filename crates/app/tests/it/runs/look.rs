//! Tests of looking at a run: get, journal, nodes, wait.

use gathering_app::{PageRequest, pipelines::Source, runs::Runnable};
use gathering_domain::{Actor, Duration, NodeStatus, ProjectId, Role, RunStatus};
use gathering_testkit::{Place, each_database};
use serde_json::json;
use uuid::Uuid;

use super::start::start;
use crate::support::{Bench, agent, echo};

each_database! {
    async fn an_ended_run_shows_input_output_journal_and_nodes(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 7 }));
        let id = runs.start(owner, command).await.unwrap().run.id;
        bench.claim().await;
        bench.drive(id).await;
        let run = runs.get(owner, id).await.unwrap();
        assert_eq!(run.summary.status, RunStatus::Succeeded);
        assert_eq!((run.input.as_ref(), run.output.as_ref()), (&json!({ "n": 7 }), &json!({ "answer": 7 })));
        assert!(!run.cancel_requested && run.error.is_none());

        let mut kinds = Vec::new();
        let mut cursor = None;
        loop {
            let page = runs.journal(owner, id, PageRequest { limit: Some(1), cursor }).await.unwrap();
            kinds.extend(page.items.iter().map(|entry| (entry.seq, entry.kind)));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(kinds.len(), usize::try_from(run.entries).unwrap());
        assert_eq!((kinds[0], kinds[kinds.len() - 1].1), ((0, "run_started"), "run_finished"));

        let nodes = runs.nodes(owner, id).await.unwrap();
        let states: Vec<_> = nodes.nodes.iter().map(|node| (node.id.as_str(), node.status)).collect();
        assert_eq!(states, [("start", NodeStatus::Succeeded), ("answer", NodeStatus::Succeeded)]);
    }

    async fn nothing_has_begun_in_a_run_that_waits_for_its_turn(place: Place) {
        let bench = Bench::open(place).await;
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 7 }));
        let run = bench.app.runs().start(&bench.owner, command).await.unwrap().run;
        assert_eq!(run.status, RunStatus::Queued);
        let nodes = bench.app.runs().nodes(&bench.owner, run.id).await.unwrap().nodes;
        let states: Vec<_> = nodes.iter().map(|node| (node.id.as_str(), node.status)).collect();
        assert_eq!(states, [("start", NodeStatus::Pending), ("answer", NodeStatus::Pending)]);
    }

    async fn a_turn_shows_its_task(place: Place) {
        let bench = Bench::open(place).await;
        let helper = bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
        let command = start(Runnable::Agent(helper.id), json!({ "task": "Look." }));
        let run = bench.app.runs().start(&bench.owner, command).await.unwrap().run;
        assert_eq!((run.agent_id, run.agent_version_id), (Some(helper.id), Some(helper.version_id)));
        let nodes = bench.app.runs().nodes(&bench.owner, run.id).await.unwrap();
        let turn = nodes.turn.unwrap();
        assert_eq!((turn.agent.as_str(), turn.task.as_str()), ("helper", "Look."));
    }

    async fn waiting_ends_with_the_run_or_with_its_time(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 1 }));
        let id = runs.start(owner, command).await.unwrap().run.id;
        let early = runs.wait(owner, id, Duration::from_millis(1)).await.unwrap();
        assert_eq!(early.summary.status, RunStatus::Queued);
        bench.claim().await;
        let (run, _) = tokio::join!(
            runs.wait(owner, id, Duration::from_secs(20)),
            bench.drive(id),
        );
        assert_eq!(run.unwrap().summary.status, RunStatus::Succeeded);
    }

    async fn a_run_of_another_project_does_not_exist(place: Place) {
        let bench = Bench::open(place).await;
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 1 }));
        let id = bench.app.runs().start(&bench.owner, command).await.unwrap().run.id;
        let elsewhere = ProjectId::from_uuid(Uuid::from_u128(99));
        let stranger = gathering_app::Caller::new(Actor::LocalOwner, Role::Owner, elsewhere);
        let runs = bench.app.runs();
        assert_eq!(runs.get(&stranger, id).await.unwrap_err().code(), "not_found");
        assert_eq!(runs.cancel(&stranger, id, "").await.unwrap_err().code(), "not_found");
        assert_eq!(runs.nodes(&stranger, id).await.unwrap_err().code(), "not_found");
    }
}
