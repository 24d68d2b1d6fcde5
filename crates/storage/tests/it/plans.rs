//! Plans: what names one run finds it by its id, however many runs are in the same state or were.

use gathering_database::{Error, Sql, params};
use gathering_storage::all_statements;
use gathering_testkit::{Place, each_database};

use crate::support::{Node, node};

/// Statements that name a run, and ask for more: its owner, its place in a queue. An index of those has
/// an entry of each run that was so a moment ago, so that a walk along it costs more the more runs there
/// were.
const OF_ONE_RUN: [&str; 7] = [
    "runs::PARK",
    "runs::RELEASE",
    "runs::FINISH",
    "lanes::CLAIM",
    "lanes::CLAIM_OVERDUE",
    "lanes::TAKE",
    "grants::GRANT",
];
/// The same of many runs at once, which PostgreSQL alone is sent.
const OF_MANY_RUNS: &str = "batch::FINISH";

/// Statements that look for entries of the audit trail, and the index by which they do: a trail is never
/// short.
const OF_THE_TRAIL: [(&str, &str); 6] = [
    ("entries::LIST", "audit_entries_at"),
    ("entries::LIST_BY_ACTION", "audit_entries_action"),
    ("entries::LIST_BY_ACTOR", "audit_entries_actor"),
    ("entries::LIST_BY_PROJECT", "audit_entries_project"),
    ("entries::LIST_BY_OUTCOME", "audit_entries_outcome"),
    ("entries::BETWEEN", "audit_entries_span"),
];

/// What every instance asks each second though nothing is to be done, and the index that answers it: there may
/// be a million runs that wait, and a hundred thousand schedules.
const OF_WHAT_IS_DUE: [(&str, &str); 4] = [
    ("schedules::TAKE_DUE", "schedules_due"),
    ("schedules::NEXT_DUE", "schedules_due"),
    ("runs::CLAIM", "runs_claimable"),
    ("runs::NEXT_WAKE", "runs_wake"),
];

/// What one of the instances looks for now and then among rows of which there may be millions, and the index
/// that has them by their age.
const OF_WHAT_IS_OLD: [(&str, &str); 1] = [("deliveries::DELETE_OLD", "deliveries_sent")];

/// How the database goes about a statement, planned as a lane of the log's writer plans it.
async fn plan(node: &Node, place: &Place, name: &str) -> String {
    let declared = all_statements().find(|declared| declared.name.ends_with(name));
    let text = declared.unwrap().sql.text(node.database().engine());
    if let Some(directory) = place.directory() {
        let connection = rusqlite::Connection::open(directory.join("gathering.db")).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        // What is not bound is NULL.
        let lines = statement.raw_query().mapped(|row| row.get::<_, String>("detail"));
        return lines.map(Result::unwrap).collect::<Vec<_>>().join("\n");
    }
    let settings = all_statements().find(|declared| declared.name.ends_with("PLAN_BY_KEY"));
    let settings = settings.unwrap().sql;
    let lines = node.database().transact(move |tx| -> Result<Vec<(String,)>, Error> {
        let _: Vec<(String, String, String)> = tx.query(settings, params![])?;
        tx.script("SET LOCAL plan_cache_mode = force_generic_plan")?;
        tx.script(&format!("PREPARE planned AS {text}"))?;
        let count = "SELECT CAST(cardinality(parameter_types) AS bigint) FROM pg_prepared_statements \
            WHERE name = 'planned'";
        let count: Option<(i64,)> = tx.query_opt(Sql::each("", count), params![])?;
        let nulls = match vec!["NULL"; usize::try_from(count.unwrap().0).unwrap()].join(", ") {
            none if none.is_empty() => none,
            nulls => format!("({nulls})"),
        };
        let explain = format!("EXPLAIN (COSTS OFF) EXECUTE planned{nulls}");
        let lines = tx.query(Sql::each("", explain.leak()), params![])?;
        tx.script("DEALLOCATE planned")?;
        Ok(lines)
    });
    lines.await.unwrap().into_iter().map(|(line,)| line).collect::<Vec<_>>().join("\n")
}

/// Indices of runs that a plan goes along.
fn indices(plan: &str) -> Vec<&str> {
    let named = plan.split(|c: char| !c.is_alphanumeric() && c != '_');
    named.filter(|word| word.starts_with("runs_") || word.contains("autoindex_runs")).collect()
}

each_database! {
    async fn entries_of_the_audit_trail_are_found_by_an_index_of_what_is_asked(place: Place) {
        let node = node(&place).await;
        for (name, index) in OF_THE_TRAIL {
            let plan = plan(&node, &place, name).await;
            let words = plan.split(|c: char| !c.is_alphanumeric() && c != '_');
            let found: Vec<_> =
                words.filter(|word| word.contains("audit_entries_")).collect();
            assert_eq!(found, [index], "`{name}`:\n{plan}");
        }
        node.stop().await;
    }

    async fn what_is_due_or_old_is_found_by_an_index_of_that(place: Place) {
        let node = node(&place).await;
        for (name, index) in OF_WHAT_IS_DUE.into_iter().chain(OF_WHAT_IS_OLD) {
            let plan = plan(&node, &place, name).await;
            assert!(plan.contains(index), "`{name}`:\n{plan}");
            let whole = ["SCAN runs\n", "SCAN schedules\n", "SCAN deliveries\n", "Seq Scan"];
            assert!(whole.iter().all(|scan| !plan.contains(scan)), "`{name}`:\n{plan}");
        }
        node.stop().await;
    }

    async fn what_names_a_run_finds_it_by_its_id(place: Place) {
        let node = node(&place).await;
        let (of_many, by_id) = match place.url() {
            Some(_) => (Some(OF_MANY_RUNS), "runs_pkey"),
            None => (None, "sqlite_autoindex_runs_1"),
        };
        for name in OF_ONE_RUN.into_iter().chain(of_many) {
            let plan = plan(&node, &place, name).await;
            assert_eq!(indices(&plan), [by_id], "`{name}`:\n{plan}");
        }
        node.stop().await;
    }
}
