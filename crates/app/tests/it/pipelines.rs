//! Tests of pipelines, their validation and their versions.

use gathering_app::pipelines::{Format, Source};
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::support::{Bench, agent, asks_agent, echo};

const FILE: &str = "
name: triage
agents:
  - { name: sorter, model: scripted/demo }
nodes:
  - { id: start, type: trigger }
  - { id: sort, type: agent, config: { agent: sorter, task: 'Sort: {{ input.text }}' } }
edges:
  - { from: start, to: sort }
";

fn yaml(text: &str) -> Source {
    Source::Text { text: text.to_owned(), format: Format::Yaml }
}

each_database! {
    async fn a_file_becomes_a_pipeline_and_an_equal_one_no_new_version(place: Place) {
        let bench = Bench::open(place).await;
        let (pipelines, owner) = (bench.app.pipelines(), &bench.owner);
        let made = pipelines.create(owner, yaml(FILE), None).await.unwrap();
        assert_eq!((made.name.as_str(), made.version), ("triage", 1));
        let same = pipelines.update(owner, made.id, Source::Json(made.definition.clone()), 1).await;
        assert_eq!(same.unwrap().version_id, made.version_id);
        let changed = FILE.replace("Sort:", "Sort this:");
        let changed = pipelines.update(owner, made.id, yaml(&changed), 1).await.unwrap();
        assert_eq!(changed.version, 2);
        let stale = pipelines.update(owner, made.id, yaml(FILE), 1).await.unwrap_err();
        assert_eq!(stale.code(), "precondition_failed");
        let first = pipelines.version(owner, made.version_id).await.unwrap();
        assert_eq!(first.definition, made.definition);
    }

    async fn validation_knows_what_the_project_has(place: Place) {
        let bench = Bench::open(place).await;
        let (pipelines, owner) = (bench.app.pipelines(), &bench.owner);
        let wanted = asks_agent("ask", "helper");
        let checked = pipelines.validate(owner, Source::Json(wanted.clone())).await.unwrap();
        assert_eq!(checked.faults.len(), 1, "{:?}", checked.faults);
        assert!(checked.definition.is_none());
        let refused = pipelines.create(owner, Source::Json(wanted.clone()), None).await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
        bench.app.agents().create(owner, agent("helper"), None).await.unwrap();
        let checked = pipelines.validate(owner, Source::Json(wanted)).await.unwrap();
        assert!(checked.faults.is_empty() && checked.definition.is_some());
    }

    async fn agents_within_a_file_are_checked_too(place: Place) {
        let bench = Bench::open(place).await;
        let bad = FILE.replace("scripted/demo", "demo");
        let checked = bench.app.pipelines().validate(&bench.owner, yaml(&bad)).await.unwrap();
        assert!(!checked.faults.is_empty());
        let broken = bench.app.pipelines().validate(&bench.owner, yaml("name: [")).await.unwrap();
        assert_eq!(broken.faults.len(), 1);
    }

    async fn a_name_is_taken_once(place: Place) {
        let bench = Bench::open(place).await;
        let (pipelines, owner) = (bench.app.pipelines(), &bench.owner);
        pipelines.create(owner, Source::Json(echo("echo")), None).await.unwrap();
        let taken = pipelines.create(owner, Source::Json(echo("echo")), None).await.unwrap_err();
        assert_eq!(taken.code(), "name_taken");
        let other = pipelines.create(owner, Source::Json(echo("other")), None).await.unwrap();
        let taken = pipelines.update(owner, other.id, Source::Json(echo("echo")), 1).await;
        assert_eq!(taken.unwrap_err().code(), "name_taken");
        let bad = pipelines.create(owner, Source::Json(json!([])), None).await.unwrap_err();
        assert_eq!(bad.code(), "invalid");
    }
}
