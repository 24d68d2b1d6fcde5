//! Tests of agents and their versions.

use gathering_app::PageRequest;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::support::{Bench, agent};

each_database! {
    async fn an_unchanged_definition_makes_no_new_version(place: Place) {
        let bench = Bench::open(place).await;
        let (agents, owner) = (bench.app.agents(), &bench.owner);
        let made = agents.create(owner, agent("helper"), None).await.unwrap();
        assert_eq!(made.version, 1);
        let same = agents.update(owner, made.id, agent("helper"), 1).await.unwrap();
        assert_eq!((same.version, same.version_id), (1, made.version_id));

        let mut other = agent("helper");
        other["persona"] = json!("Kind.");
        let changed = agents.update(owner, made.id, other.clone(), 1).await.unwrap();
        assert_eq!(changed.version, 2);
        assert_ne!(changed.version_id, made.version_id);
        let stale = agents.update(owner, made.id, agent("helper"), 1).await.unwrap_err();
        assert_eq!(stale.code(), "precondition_failed");

        let versions = agents.versions(owner, made.id, PageRequest::default()).await.unwrap();
        let numbers: Vec<u64> = versions.items.iter().map(|version| version.number).collect();
        assert_eq!(numbers, [2, 1]);
        let first = agents.version(owner, made.version_id).await.unwrap();
        assert_eq!((first.number, &first.definition), (1, &made.definition));
    }

    async fn a_removed_agent_leaves_its_versions(place: Place) {
        let bench = Bench::open(place).await;
        let (agents, owner) = (bench.app.agents(), &bench.owner);
        let made = agents.create(owner, agent("helper"), None).await.unwrap();
        let taken = agents.create(owner, agent("helper"), None).await.unwrap_err();
        assert_eq!(taken.code(), "name_taken");
        agents.delete(owner, made.id).await.unwrap();
        assert_eq!(agents.get(owner, made.id).await.unwrap_err().code(), "not_found");
        assert!(agents.version(owner, made.version_id).await.is_ok());
        let again = agents.create(owner, agent("helper"), None).await.unwrap();
        assert_ne!(again.id, made.id);
    }

    async fn all_faults_of_a_definition_are_told_at_once(place: Place) {
        let bench = Bench::open(place).await;
        let bad = json!({ "name": "A B", "model": "scripted/demo", "tools": ["none"], "x": 1 });
        let refused = bench.app.agents().create(&bench.owner, bad, None).await.unwrap_err();
        let gathering_app::Error::Invalid { faults, .. } = refused else { panic!("{refused:?}") };
        assert!(faults.len() >= 2, "{faults:?}");
    }

    async fn a_preview_shows_what_the_model_would_read(place: Place) {
        let bench = Bench::open(place).await;
        let made = bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
        let preview = bench.app.agents().preview(&bench.owner, made.id, "What now?").await.unwrap();
        let text = preview.request.to_string();
        assert!(text.contains("What now?") && text.contains("Help."), "{text}");
        assert!(preview.tokens > 0 && !preview.counted);
    }

    async fn agents_are_listed_a_page_at_a_time(place: Place) {
        let bench = Bench::open(place).await;
        let (agents, owner) = (bench.app.agents(), &bench.owner);
        for n in 0..5 {
            agents.create(owner, agent(&format!("helper_{n}")), None).await.unwrap();
        }
        let (mut names, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: Some(2), cursor };
            let page = agents.list(owner, page).await.unwrap();
            names.extend(page.items.into_iter().map(|agent| agent.name));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(names, ["helper_0", "helper_1", "helper_2", "helper_3", "helper_4"]);
    }
}
