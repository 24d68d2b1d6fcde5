//! The table has a row for each route that is served or described, and no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gathering_api::{ApiState, Metrics, Options, metrics_router};
use gathering_testkit::CountingIds;
use serde_json::json;

use super::{
    answers::Findings,
    row::{Row, Who},
    served::{described, served},
    table::table,
    world::{SCRAPER, World, figures},
};
use crate::support::Asked;

/// Methods that routes may have, and some that none has.
const TRIED: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];

fn names(rows: &[Row], which: impl Fn(&Row) -> bool) -> BTreeSet<String> {
    rows.iter().filter(|row| which(row)).map(Row::name).collect()
}

/// What is in one set and not in the other, with what to do about it.
fn missing(from: &BTreeSet<String>, there: &BTreeSet<String>, what: &str) -> Vec<String> {
    there.difference(from).map(|name| format!("`{name}` {what}")).collect()
}

#[tokio::test]
async fn every_route_has_its_row_and_every_row_its_route() {
    let world = World::open().await;
    let state = || ApiState::new(world.bench.app.clone(), Arc::new(CountingIds::default()));
    let routed = served(&gathering_api::router(state(), Options::default()));
    let rows = table();
    let all = names(&rows, |_| true);
    assert_eq!(all.len(), rows.len(), "a route has two rows in access/table.rs");
    let documented: BTreeSet<String> =
        described().into_keys().filter(|name| all.contains(name)).collect();
    let described = names(&rows, Row::is_described);
    let pages = names(&rows, |row| !row.is_described() && row.path.starts_with("/api/v1/"));
    assert!(pages.is_empty(), "what is under /api/v1 is described: {pages:?}");
    let wrong = [
        missing(&all, &routed, "is served and has no row: add one to crates/api/tests/it/access/table.rs that says who may"),
        missing(&routed, &all, "has a row in access/table.rs and is not served: remove the row, or add the route to router.rs and routes.rs"),
        missing(&described, &documented, "is described, and its row in access/table.rs says that it is not"),
        missing(&documented, &described, "is not described: route it with `routes!` in router.rs, and add it to routes.rs"),
    ]
    .concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The listener of the figures has nothing else.
    let figures = Metrics { token: None, ..figures() };
    let figures = metrics_router(state(), Options::default(), figures);
    assert_eq!(served(&figures), BTreeSet::from(["GET /metrics".to_owned()]));
}

#[test]
fn the_description_says_who_may() {
    let described = described();
    for row in table().iter().filter(|row| row.is_described()) {
        let (name, operation) = (row.name(), &described[&row.name()]);
        let schemes = json!([{ "token": [] }, { "cookie": [] }]);
        let wanted = if row.is_guarded() { Some(&schemes) } else { None };
        assert_eq!(operation.get("security"), wanted, "{name}");
        let told = operation["description"].as_str().unwrap_or_default();
        let codes = operation["responses"].to_string();
        let words: Vec<String> =
            row.permissions().iter().map(|it| format!("`{}`", it.as_str())).collect();
        let wanted = match &words[..] {
            [] => String::new(),
            [one] => format!("Needs the permission {one}."),
            more => format!("Needs the permissions {}.", more.join(" and ")),
        };
        let told = told.find("Needs the").map_or("", |at| &told[at..]);
        assert_eq!(told, wanted, "{name}");
        let in_project = row.is_of_project() || row.who == Who::AccountHere;
        assert_eq!(codes.contains("`project_required`"), in_project, "{name}");
        let session = matches!(
            row.who,
            Who::Account | Who::AccountHere | Who::AccountUnless(_) | Who::NeedsSession(..)
        );
        assert_eq!(codes.contains("`session_required`"), session, "{name}");
    }
}

#[tokio::test]
async fn a_path_takes_the_methods_of_its_rows_and_no_other() {
    let world = World::open().await;
    let (rows, mut findings) = (table(), Findings::new());
    let mut by_path = BTreeMap::<&str, Vec<&Row>>::new();
    for row in &rows {
        by_path.entry(row.path).or_default().push(row);
    }
    for (path, rows) in by_path {
        let id = "_00000000000000000000000000000009";
        let path = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let mut allowed: Vec<&str> = rows.iter().map(|row| row.method).collect();
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.sort_unstable();
        for method in TRIED.into_iter().filter(|method| !allowed.contains(method)) {
            let answer = world.bench.ask(Asked::new(method, &path).token(SCRAPER)).await;
            let mut told: Vec<&str> = answer.header("allow").split(',').collect();
            told.sort_unstable();
            if answer.problem() != (405, "method_not_allowed".to_owned()) || told != allowed {
                let got = (answer.status, told);
                findings.add(rows[0], method, format!("{got:?}, not 405 and {allowed:?}"));
            }
            findings.compared += 1;
        }
    }
    assert!(findings.compared > 300, "{}", findings.compared);
    findings.tell();
}
