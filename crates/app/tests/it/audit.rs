//! The audit trail: what is recorded, that it verifies, and that tampering is found where it was done.

mod file;
mod past;
mod silent;
mod stored;

use std::collections::BTreeSet;

use gathering_app::{
    App, Caller, PageRequest,
    audit::{AuditEntry, AuditFilter, AuditReport, ExportRange, Refused, Trust, verify_file},
    providers::ProviderSpec,
    secrets::PutSecret,
    tools::InvokeTool,
};
use gathering_database::Sql;
use gathering_domain::{AuditAction, AuditOutcome, Duration, Permission, Role};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Bench, agent, echo, origin};

/// The whole trail as a file.
pub(crate) async fn export(app: &App, caller: &Caller, range: ExportRange) -> Vec<u8> {
    let mut export = app.audit().export(caller, range).await.unwrap();
    let mut file = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        file.extend(piece);
    }
    file
}

pub(crate) fn verified(file: &[u8]) -> AuditReport {
    verify_file(file, Trust::default()).unwrap()
}

/// Entries, the latest first.
async fn entries(bench: &Bench, filter: AuditFilter) -> Vec<AuditEntry> {
    let page = PageRequest { limit: Some(200), cursor: None };
    bench.app.audit().list(&bench.owner, filter, page).await.unwrap().items
}

fn words(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().rev().map(|entry| entry.content["action"].as_str().unwrap()).collect()
}

pub(crate) async fn put_secret(bench: &Bench, name: &str) {
    let secret = PutSecret {
        name: name.to_owned(),
        value: "hunter2-hunter2".to_owned().into(),
        hosts: vec!["api.example.com".to_owned()],
    };
    bench.app.secrets().put(&bench.owner, secret).await.unwrap();
}

each_database! {
    async fn changes_are_recorded_with_who_and_what_and_without_what_is_secret(place: Place) {
        let bench = Bench::open(place).await;
        let (app, owner) = (&bench.app, &bench.owner.clone().from(origin()));
        put_secret(&bench, "PAGER").await;
        app.secrets().delete(&bench.owner, "PAGER").await.unwrap();
        let spec = ProviderSpec {
            name: "acme".to_owned(),
            kind: "openai".to_owned(),
            base_url: None,
            key_secret: None,
            default_model: None,
            options: json!({}),
        };
        app.providers().create(owner, spec.clone(), Some("once".to_owned())).await.unwrap();
        app.providers().create(owner, spec.clone(), Some("once".to_owned())).await.unwrap();
        let changed = ProviderSpec { default_model: Some("m".to_owned()), ..spec };
        app.providers().update(owner, "acme", changed, 1).await.unwrap();
        app.providers().delete(owner, "acme").await.unwrap();
        let made = app.agents().create(owner, agent("helper"), None).await.unwrap();
        let mut other = agent("helper");
        other["instructions"] = "Help more.".into();
        app.agents().update(owner, made.id, other.clone(), 1).await.unwrap();
        app.agents().update(owner, made.id, other, 2).await.unwrap();
        app.agents().delete(owner, made.id).await.unwrap();
        let source = gathering_app::pipelines::Source::Json(echo("echo"));
        let made = app.pipelines().create(owner, source, None).await.unwrap();
        app.pipelines().delete(owner, made.id).await.unwrap();

        let all = entries(&bench, AuditFilter::default()).await;
        let expected = [
            "secret.put", "secret.delete", "provider.create", "provider.update", "provider.delete",
            "agent.create", "agent.update", "agent.delete", "pipeline.create", "pipeline.delete",
        ];
        assert_eq!(words(&all), expected);
        let update = all.iter().find(|entry| entry.content["action"] == "provider.update").unwrap();
        assert_eq!(update.content["detail"]["changed"], json!(["default_model"]));
        assert_eq!(update.content["target"], json!({ "type": "provider", "name": "acme" }));
        assert_eq!(update.content["request_id"], "req_test");
        assert_eq!(update.content["address"], "192.0.2.1");
        let text = format!("{all:?}");
        assert!(!text.contains("hunter2") && !text.contains("Help"), "{text}");
        let report = app.audit().verify(owner, Trust::default()).await.unwrap();
        assert!(report.sound, "{report:?}");
        assert_eq!((report.entries, report.chains, report.unsealed), (10, 1, 10));
    }

    async fn failed_change_leaves_no_record(place: Place) {
        let bench = Bench::open(place).await;
        bench.app.secrets().delete(&bench.owner, "NONE").await.unwrap_err();
        assert_eq!(entries(&bench, AuditFilter::default()).await, []);
    }

    async fn calls_of_tools_by_people_are_recorded(place: Place) {
        let bench = Bench::open(place).await;
        for tool in bench.app.tools().list(&bench.owner).unwrap() {
            let command = InvokeTool { name: tool.name.to_string(), arguments: json!({}), idempotency_key: None };
            let _ = bench.app.tools().invoke(&bench.owner, command).await;
        }
        let all = entries(&bench, AuditFilter::default()).await;
        let begun = all.iter().filter(|entry| entry.content["outcome"] == "begun");
        let kinds: BTreeSet<_> = begun.map(|entry| entry.content["detail"]["kind"].to_string()).collect();
        assert!(!all.is_empty() && !kinds.contains("\"pure\""), "{all:?}");
        assert!(all.iter().all(|entry| entry.content["action"] == "tool.invoke"));
    }

    async fn lists_are_filtered_and_paged_newest_first(place: Place) {
        let bench = Bench::open(place).await;
        for name in ["A", "B", "C"] {
            put_secret(&bench, name).await;
            bench.pass(Duration::from_secs(1));
        }
        let member = bench.sign_in_as(Role::Member, "m@example.com").await;
        let page = PageRequest { limit: Some(2), cursor: None };
        let filter = AuditFilter { action: Some(AuditAction::SecretPut), ..AuditFilter::default() };
        let audit = bench.app.audit();
        let first = audit.list(&bench.owner, filter.clone(), page).await.unwrap();
        let names = |items: &[AuditEntry]| -> Vec<Value> {
            items.iter().map(|entry| entry.content["target"]["name"].clone()).collect()
        };
        assert_eq!(names(&first.items), ["C", "B"]);
        let page = PageRequest { limit: Some(2), cursor: first.next_cursor };
        let second = audit.list(&bench.owner, filter, page).await.unwrap();
        assert_eq!((names(&second.items), second.next_cursor), (vec!["A".into()], None));

        let gathering_domain::Actor::User { user_id } = member.actor() else { panic!("a user") };
        let mine = AuditFilter { user_id: Some(user_id), ..AuditFilter::default() };
        assert_eq!(words(&entries(&bench, mine).await), ["session.open"]);
        let done = AuditFilter { outcome: Some(AuditOutcome::Refused), ..AuditFilter::default() };
        assert_eq!(entries(&bench, done).await, []);
        let project_id = Some(bench.app.project());
        let here = AuditFilter { project_id, ..AuditFilter::default() };
        assert!(entries(&bench, here).await.len() >= 3);
        let refused = audit.list(&member, AuditFilter::default(), PageRequest::default()).await;
        assert_eq!(refused.unwrap_err().code(), "forbidden");
    }

    async fn refusals_are_recorded_once_a_minute_with_a_count(place: Place) {
        let bench = Bench::open(place).await;
        let caller = bench.sign_in_as(Role::Viewer, "v@example.com").await.from(origin());
        let audit = bench.app.audit();
        let refused = Refused {
            caller: Some(&caller),
            origin: origin(),
            method: "GET",
            path: "/api/v1/audit",
            code: "forbidden",
            permission: Some(Permission::AuditRead),
            project: None,
        };
        for _ in 0..4 {
            audit.refused(refused.clone()).await.unwrap();
        }
        bench.pass(Duration::from_secs(60));
        audit.refused(refused).await.unwrap();
        let filter = AuditFilter { action: Some(AuditAction::AccessRefuse), ..AuditFilter::default() };
        let found = entries(&bench, filter).await;
        let details: Vec<_> = found.iter().map(|entry| &entry.content["detail"]).collect();
        let first = json!({ "code": "forbidden", "permission": "audit_read" });
        let mut second = first.clone();
        second["left_out"] = 3.into();
        assert_eq!(details, [&second, &first]);
        assert_eq!(found[0].content["target"]["name"], "GET /api/v1/audit");
    }

    async fn refusals_that_were_counted_are_told_when_the_process_ends(place: Place) {
        let bench = Bench::open(place).await;
        let caller = bench.sign_in_as(Role::Viewer, "v@example.com").await.from(origin());
        let refused = |caller| Refused {
            caller,
            origin: origin(),
            method: "GET",
            path: "/api/v1/audit",
            code: "forbidden",
            permission: None,
            project: None,
        };
        for _ in 0..3 {
            bench.app.audit().refused(refused(Some(&caller))).await.unwrap();
        }
        for _ in 0..2 {
            bench.app.audit().refused(refused(None)).await.unwrap();
        }
        bench.app.audit().settle().await.unwrap();
        bench.app.audit().settle().await.unwrap();
        let filter = AuditFilter { action: Some(AuditAction::AccessRefuse), ..AuditFilter::default() };
        let found = entries(&bench, filter).await;
        let mut told: Vec<_> =
            found.iter().map(|entry| entry.content["detail"]["left_out"].as_u64()).collect();
        told.sort_unstable();
        assert_eq!(told, [None, None, Some(1), Some(2)]);
    }

    async fn what_is_recorded_is_sealed_however_many_seal_at_once(place: Place) {
        let bench = Bench::open(place).await;
        let second = bench.second().await;
        for round in 0..20 {
            let put = |app: App, name: String| {
                let owner = bench.owner.clone();
                async move {
                    let (value, hosts) = ("hunter2-hunter2".to_owned().into(), Vec::new());
                    app.secrets().put(&owner, PutSecret { name, value, hosts }).await.unwrap();
                    app.audit().settle().await.unwrap();
                }
            };
            let one = put(bench.app.clone(), format!("A{round}"));
            futures::future::join(one, put(second.clone(), format!("B{round}"))).await;
            let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
            assert_eq!((report.sound, report.unsealed), (true, 0), "{round}: {report:?}");
        }
    }

    async fn records_of_a_process_that_ended_are_chained_by_another(place: Place) {
        let bench = Bench::open(place).await;
        put_secret(&bench, "A").await;
        let second = bench.second().await;
        let trail = |app: &App| {
            let (app, owner) = (app.clone(), bench.owner.clone());
            async move { app.audit().verify(&owner, Trust::default()).await.unwrap() }
        };
        // Whoever looks misses nothing, however new it is.
        let report = trail(&second).await;
        assert_eq!((report.entries, report.sound), (1, true));
        put_secret(&bench, "B").await;
        let file = export(&second, &bench.owner, ExportRange::default()).await;
        assert_eq!((verified(&file).entries, verified(&file).unsealed), (3, 0));
        // The one that wrote it may chain it yet, and does not have to.
        put_secret(&bench, "C").await;
        second.audit().settle().await.unwrap();
        let left = "SELECT count(*) FROM audit_pending";
        let pending = async || -> (i64,) {
            let database = bench.storage.database();
            database.query_opt(Sql::both(left), Vec::new()).await.unwrap().unwrap()
        };
        assert_eq!(pending().await, (1,));
        bench.pass(Duration::from_secs(31));
        second.audit().settle().await.unwrap();
        assert_eq!(pending().await, (0,));
        assert_eq!(trail(&bench.app).await.entries, 4, "with the one of the export");
    }

    async fn concurrent_changes_of_two_processes_verify(place: Place) {
        let bench = Bench::open(place).await;
        let second = bench.second().await;
        let put = |app: App, name: String| {
            let owner = bench.owner.clone();
            async move {
                let (value, hosts) = ("hunter2-hunter2".to_owned().into(), Vec::new());
                app.secrets().put(&owner, PutSecret { name, value, hosts }).await.unwrap();
                app.audit().settle().await.unwrap();
            }
        };
        let all = (0..40).map(|n| {
            let app = if n % 2 == 0 { bench.app.clone() } else { second.clone() };
            put(app, format!("S{n}"))
        });
        futures::future::join_all(all).await;
        let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
        assert!(report.sound, "{report:?}");
        assert_eq!((report.entries, report.chains, report.unsealed), (40, 2, 0));
        let report = verified(&export(&bench.app, &bench.owner, ExportRange::default()).await);
        assert!(report.sound, "{report:?}");
        assert_eq!((report.entries, report.unsealed), (41, 0));
    }
}
