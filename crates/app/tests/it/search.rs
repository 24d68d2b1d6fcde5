//! Tests of searches.

use gathering_app::{Caller, Error, pipelines::Source, search::NamedKind};
use gathering_domain::Role;
use gathering_storage::names;
use gathering_testkit::{Place, each_database};

use crate::support::{Bench, agent, echo};

/// Kinds and names of what is found.
async fn found(bench: &Bench, caller: &Caller, text: &str) -> Vec<(NamedKind, String)> {
    let found = bench.app.search().names(caller, text, None).await.unwrap();
    found.into_iter().map(|found| (found.kind, found.name)).collect()
}

each_database! {
    async fn every_kind_is_found_by_parts_of_its_name_the_best_first(place: Place) {
        let bench = Bench::open(place).await;
        for name in ["support_triage", "triage", "night_report"] {
            let source = Source::Json(echo(name));
            bench.app.pipelines().create(&bench.owner, source, None).await.unwrap();
        }
        let helper = bench.app.agents().create(&bench.owner, agent("triage_helper"), None).await.unwrap();
        bench.app.threads().open(&bench.owner, helper.id, "Tríage of Monday", None).await.unwrap();
        let seen = found(&bench, &bench.owner, "TRIAGE").await;
        let seen: Vec<_> = seen.iter().map(|(kind, name)| (*kind, name.as_str())).collect();
        assert_eq!(seen, [
            (NamedKind::Pipeline, "triage"),
            (NamedKind::Agent, "triage_helper"),
            (NamedKind::Thread, "Tríage of Monday"),
            (NamedKind::Pipeline, "support_triage"),
        ]);
        assert!(found(&bench, &bench.owner, "nothing like it").await.is_empty());
        let one = bench.app.search().names(&bench.owner, "triage", Some(1)).await.unwrap();
        assert_eq!(one.len(), 1);
    }

    async fn many_of_one_kind_hide_none_of_another(place: Place) {
        let bench = Bench::open(place).await;
        bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
        for name in ["first", "second"] {
            let source = Source::Json(echo(name));
            bench.app.pipelines().create(&bench.owner, source, None).await.unwrap();
        }
        let latest = names::list(bench.owner.project(), bench.owner.actor(), 1);
        let mut latest = latest.all(bench.storage.database()).await.unwrap();
        latest.sort_by(|one, other| one.name.cmp(&other.name));
        let latest: Vec<_> = latest.iter().map(|row| (row.kind, row.name.as_str())).collect();
        assert_eq!(latest, [(NamedKind::Agent, "helper"), (NamedKind::Pipeline, "second")]);
    }

    async fn what_belongs_to_others_is_not_found(place: Place) {
        let bench = Bench::open(place).await;
        let helper = bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
        bench.app.threads().open(&bench.owner, helper.id, "My salary", None).await.unwrap();
        let other = bench.sign_in_as(Role::Member, "bob@example.com").await;
        assert!(found(&bench, &other, "salary").await.is_empty());
        assert_eq!(found(&bench, &bench.owner, "salary").await.len(), 1);
    }

    async fn signs_alone_are_in_no_name(place: Place) {
        let bench = Bench::open(place).await;
        bench.app.agents().create(&bench.owner, agent("a_helper"), None).await.unwrap();
        assert!(found(&bench, &bench.owner, " _ ").await.is_empty());
    }

    async fn a_search_for_nothing_or_for_too_much_is_refused(place: Place) {
        let bench = Bench::open(place).await;
        for (text, limit) in [("", None), (&*"x".repeat(201), None), ("x", Some(0)), ("x", Some(51))] {
            let refused = bench.app.search().names(&bench.owner, text, limit).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { .. }), "{text:?} {limit:?}: {refused:?}");
        }
    }
}
