//! The examples: each is valid, runs offline to success, and leaves its artifact.

use std::{fs, time::Duration};

use gathering_testkit::temp_dir;
use serde_json::Value;

use crate::{
    program::{Program, example, repository},
    target::Target,
};

#[tokio::test]
async fn every_example_is_valid() {
    let mut seen = 0;
    for file in fs::read_dir(repository().join("examples")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|ending| ending == "yaml") && name.matches('.').count() == 1
        {
            let said =
                Program::new(["validate", &example(&name), "--json"]).run().await.ends_with(0);
            assert_eq!(said.json()["valid"], true);
            seen += 1;
        }
    }
    assert!(seen >= 3);
}

#[tokio::test]
async fn research_brief_is_revised_once_and_kept() {
    let folder = temp_dir();
    let into = folder.path().join("out").display().to_string();
    let (pipeline, input) = (example("research-brief.yaml"), example("research-brief.input.yaml"));
    let said =
        Program::new(["run", &pipeline, "--input", &input, "--artifacts", &into]).run().await;
    let said = said.ends_with(0);
    let brief = fs::read_to_string(folder.path().join("out/brief.md")).unwrap();
    for part in [
        "# Heat pumps in old apartment buildings",
        "the board of a housing cooperative",
        "## Facts",
        "77 existing homes with heat pumps were measured. [Field trial",
        "## Implications",
        "## Open questions",
    ] {
        assert!(brief.contains(part), "{part}: {brief}");
    }
    let output = said.json();
    assert_eq!(output["score_of_draft"], 5);
    assert_eq!(output["brief"], brief);
    // A pipe gets plain lines, one for each change, and no control sequences.
    assert!(!said.err.contains('\u{1b}'), "{}", said.err);
    let line = |part: &str| said.err.lines().any(|line| line.contains(part));
    assert!(line("✓ revise") && line("→ false") && line("tokens"), "{}", said.err);
}

#[tokio::test]
async fn support_triage_pages_once_and_keeps_the_list() {
    let target = Target::start(Duration::ZERO).await;
    let folder = temp_dir();
    let into = folder.path().display().to_string();
    let tickets = format!("tickets=@{}", example("support-triage.tickets.csv"));
    let webhook = format!("webhook=http://{}/page", target.address);
    let pipeline = example("support-triage.yaml");
    let arguments = [
        "run",
        &pipeline,
        "--input",
        &tickets,
        "--input",
        &webhook,
        "--approve",
        "--artifacts",
        &into,
    ];
    let program =
        Program::new(arguments).env("GATHERING_EGRESS_ALLOW_PRIVATE", target.address.to_string());
    let output = program.run().await.ends_with(0).json();
    assert_eq!(output["paged"], true);
    assert_eq!(output["sorted"].as_array().map(Vec::len), Some(8));
    assert_eq!(output["sorted"][4], serde_json::json!({ "urgent": true, "team": "security" }));
    assert_eq!(target.counts().get("/page"), Some(&1));
    let list = fs::read_to_string(folder.path().join("triage.md")).unwrap();
    assert!(list.contains("4 of 8 tickets are urgent."), "{list}");
    assert!(list.contains("| T-1045 | Elm Dental | security | yes |"), "{list}");
}

#[tokio::test]
async fn release_notes_leave_out_what_users_do_not_see() {
    let folder = temp_dir();
    let into = folder.path().display().to_string();
    let log = format!("log=@{}", example("release-notes.log.txt"));
    let pipeline = example("release-notes.yaml");
    let arguments =
        ["run", &pipeline, "--input", "version=1.5", "--input", &log, "--artifacts", &into];
    let output: Value = Program::new(arguments).run().await.ends_with(0).json();
    let notes = fs::read_to_string(folder.path().join("release-notes-1.5.md")).unwrap();
    assert_eq!(output["notes"], notes);
    assert!(notes.contains("## Faster\n\n- export: Halve the time"), "{notes}");
    assert!(!notes.contains("tests:") && !notes.contains("refactor"), "{notes}");
}
