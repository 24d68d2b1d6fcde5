//! How `run` ends: its status by that of the run, and every fault of what it was given.

use gathering_testkit::temp_dir;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::program::{Program, example, file};

const WAITS: &str = "
name: waits
nodes:
  - { id: start, type: trigger }
  - { id: rest, type: delay, config: { for: 1h } }
edges: [{ from: start, to: rest }]
";

#[tokio::test]
async fn a_failed_run_ends_with_1_and_says_why() {
    let folder = temp_dir();
    let pipeline = file(
        &folder,
        "fails.yaml",
        "
name: fails
nodes:
  - { id: start, type: trigger }
  - { id: sum, type: tool, config: { tool: calculate }, input: { expression: \"1/0\" } }
edges: [{ from: start, to: sum }]
",
    );
    let said = Program::new(["run", &pipeline]).run().await.ends_with(1);
    assert!(said.out.is_empty() && said.err.contains("✗ sum"), "{said:?}");
}

#[tokio::test]
async fn a_question_that_nobody_can_answer_ends_with_3() {
    let tickets = format!("tickets=@{}", example("support-triage.tickets.csv"));
    let pipeline = example("support-triage.yaml");
    let arguments =
        ["run", &pipeline, "--input", &tickets, "--input", "webhook=http://127.0.0.1:9/"];
    let said = Program::new(arguments).run().await.ends_with(3);
    assert!(said.err.contains("nobody is there to answer: --approve"), "{}", said.err);
}

#[tokio::test]
async fn a_run_beyond_its_time_ends_with_4() {
    let folder = temp_dir();
    let text = format!("{WAITS}limits: {{ timeout: 1s }}\n");
    let pipeline = file(&folder, "slow.yaml", &text);
    let said = Program::new(["run", &pipeline, "--json"]).run().await.ends_with(4);
    let last = said.lines().pop().unwrap();
    assert_eq!((&last["type"], &last["status"]), (&"result".into(), &"timed_out".into()));
}

#[tokio::test]
async fn an_interrupt_cancels_the_run() {
    let folder = temp_dir();
    let pipeline = file(&folder, "waits.yaml", WAITS);
    let mut child = Program::new(["run", &pipeline, "--json"]).start();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut types = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        let kind = event["type"].as_str().unwrap().to_owned();
        if kind == "run.waiting" {
            let pid = i32::try_from(child.id().unwrap()).unwrap();
            kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
        }
        types.push(kind);
    }
    assert_eq!(child.wait().await.unwrap().code(), Some(3));
    assert_eq!(types.first().map(String::as_str), Some("run.started"));
    assert_eq!(types[types.len() - 2..], ["run.cancelled", "result"]);
}

#[tokio::test]
async fn json_tells_every_event_and_the_result() {
    let (pipeline, input) = (example("research-brief.yaml"), example("research-brief.input.yaml"));
    let said =
        Program::new(["run", &pipeline, "--input", &input, "--json"]).run().await.ends_with(0);
    let lines = said.lines();
    let result = lines.last().unwrap();
    assert_eq!(result["status"], "succeeded");
    assert_eq!(result["artifacts"][0]["name"], "brief.md");
    assert!(result["output"]["brief"].as_str().unwrap().starts_with("# Heat pumps"));
    let positions: Vec<i64> = lines.iter().filter_map(|line| line["position"].as_i64()).collect();
    assert!(positions.len() > 20 && positions.is_sorted(), "{positions:?}");
    assert!(said.err.is_empty(), "{}", said.err);
}

#[tokio::test]
async fn a_bad_definition_shows_all_its_faults() {
    let folder = temp_dir();
    let pipeline = file(
        &folder,
        "bad.yaml",
        "
name: bad
nodes:
  - { id: start, type: trigger }
  - { id: a, type: teleport }
  - { id: b, type: condition, config: { when: \"1 +\" } }
edges:
  - { from: start, to: nowhere }
",
    );
    for command in ["run", "validate"] {
        let said = Program::new([command, &pipeline]).run().await.ends_with(2);
        let all = format!("{}{}", said.out, said.err);
        for part in ["teleport", "/nodes/2/config/when", "nowhere"] {
            assert!(all.contains(part), "{command}: {part}: {all}");
        }
    }
    let said = Program::new(["run", &pipeline, "--json"]).run().await.ends_with(2);
    let told: Value = serde_json::from_str(said.err.lines().last().unwrap()).unwrap();
    assert!(told["faults"].as_array().unwrap().len() >= 3, "{told:#}");
}

#[tokio::test]
async fn what_cannot_be_used_ends_with_2() {
    let folder = temp_dir();
    let brief = example("research-brief.yaml");
    let broken = file(&folder, "broken.yaml", "name: [");
    let latin = folder.path().join("latin.yaml");
    std::fs::write(&latin, b"name: caf\xe9\n").unwrap();
    let latin = latin.display().to_string();
    let huge = file(&folder, "huge.yaml", &format!("# {}\n", "x".repeat(2 << 20)));
    for (arguments, part) in [
        (vec!["run", "/nowhere/at/all.yaml"], "/nowhere/at/all.yaml"),
        (vec!["run", &broken], "broken.yaml"),
        (vec!["run", &latin], "latin.yaml"),
        (vec!["run", &huge], "bytes"),
        (vec!["run", &brief], "topic"),
        (vec!["run", &brief, "--input", "topic=ab", "--input", "sources=[]"], "/topic"),
        (vec!["run", &brief, "--input", "missing.json"], "missing.json"),
        (vec!["run", "--provider"], "--provider"),
        (vec!["fly"], "fly"),
    ] {
        let said = Program::new(&arguments).run().await;
        assert_eq!(said.code(), 2, "{arguments:?}: {said:#?}");
        assert!(said.err.contains(part), "{arguments:?}: {}", said.err);
    }
}

#[tokio::test]
async fn a_provider_without_a_key_is_refused_before_anything_runs() {
    let (pipeline, input) = (example("research-brief.yaml"), example("research-brief.input.yaml"));
    let arguments = ["run", &pipeline, "--input", &input, "--provider", "openai/gpt-5"];
    let said = Program::new(arguments).run().await.ends_with(2);
    assert!(said.err.contains("OPENAI_API_KEY"), "{}", said.err);
    let arguments = ["run", &pipeline, "--input", &input, "--provider", "nobody/model"];
    let said = Program::new(arguments).run().await.ends_with(2);
    assert!(said.err.contains("--base-url"), "{}", said.err);
}
