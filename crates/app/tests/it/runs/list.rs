//! Tests of lists of runs.

use gathering_app::{
    PageRequest,
    pipelines::Source,
    runs::{RunFilter, Runnable},
};
use gathering_domain::{Duration, RunId, RunStatus};
use gathering_engine::LedgerState;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::start::start;
use crate::support::{Bench, echo};

async fn begin(bench: &Bench) -> RunId {
    bench.pass(Duration::from_millis(1));
    let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 1 }));
    bench.app.runs().start(&bench.owner, command).await.unwrap().run.id
}

each_database! {
    async fn pages_are_whole_and_stable_while_runs_are_added(place: Place) {
        let bench = Bench::open(place).await;
        let mut before = Vec::new();
        for _ in 0..5 {
            before.push(begin(&bench).await);
        }
        before.reverse();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: Some(2), cursor };
            let page = bench.app.runs().list(&bench.owner, RunFilter::default(), page).await.unwrap();
            seen.extend(page.items.iter().map(|run| run.id));
            // What is added meanwhile comes before the pages that were seen.
            begin(&bench).await;
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, before);
    }

    async fn unknown_outcomes_are_reached_beyond_the_first_page(place: Place) {
        let bench = Bench::open(place).await;
        let mut runs = Vec::new();
        for _ in 0..5 {
            runs.push(begin(&bench).await);
        }
        bench.claim().await;
        let mut unknown = Vec::new();
        for run in &runs {
            // Two at one time each: the id decides then.
            unknown.push(bench.attempt(*run, "node:page", LedgerState::Unknown).await);
            if unknown.len() % 2 == 0 {
                bench.pass(Duration::from_millis(1));
            }
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: Some(2), cursor };
            let page = bench.app.runs().unknown_outcomes(&bench.owner, page).await.unwrap();
            seen.extend(page.items.iter().map(|unknown| unknown.effect_id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 5);
        seen.sort_unstable();
        unknown.sort_unstable();
        assert_eq!(seen, unknown);
        let of = bench.app.runs();
        let of = of.unknown_outcomes_of(&bench.owner, Some(runs[3]), PageRequest::default()).await.unwrap();
        assert_eq!((of.items.len(), of.items[0].run_id), (1, runs[3]));
    }

    async fn a_filter_leaves_out_the_others(place: Place) {
        let bench = Bench::open(place).await;
        let made = bench.app.pipelines().create(&bench.owner, Source::Json(echo("own")), None).await.unwrap();
        let other = begin(&bench).await;
        bench.claim().await;
        bench.drive(other).await;
        let own = start(Runnable::Pipeline(made.id), json!({}));
        let own = bench.app.runs().start(&bench.owner, own).await.unwrap().run.id;
        for (filter, wanted) in [
            (RunFilter { status: Some(RunStatus::Succeeded), ..RunFilter::default() }, vec![other]),
            (RunFilter { pipeline_id: Some(made.id), ..RunFilter::default() }, vec![own]),
            (RunFilter { status: Some(RunStatus::Failed), ..RunFilter::default() }, vec![]),
        ] {
            let found = bench.app.runs().list(&bench.owner, filter.clone(), PageRequest::default()).await;
            let found: Vec<_> = found.unwrap().items.into_iter().map(|run| run.id).collect();
            assert_eq!(found, wanted, "{filter:?}");
        }
        let bad = PageRequest { limit: None, cursor: Some("nonsense".to_owned()) };
        let refused = bench.app.runs().list(&bench.owner, RunFilter::default(), bad).await;
        assert_eq!(refused.unwrap_err().code(), "invalid");
    }
}
