//! Tampering with the stored tables: every kind on every row.

use gathering_app::{
    Caller, PageRequest,
    audit::{AuditFilter, AuditReport, ExportRange, Trust},
};
use gathering_database::{Sql, Unit, Value, params};
use gathering_testkit::{Place, each_database};
use uuid::Uuid;

use super::{export, put_secret, verified};
use crate::support::Bench;

const ENTRIES: Sql =
    Sql::both("SELECT stream, seq, content, hash FROM audit_entries ORDER BY stream, seq");
const CONTENT: Sql =
    Sql::both("UPDATE audit_entries SET content = $3 WHERE stream = $1 AND seq = $2");
/// Bytes that are no UTF-8, where SQLite takes them for text; digits on PostgreSQL, which takes none else.
const BROKEN: Sql = Sql::both(
    "UPDATE audit_entries SET content = CAST(x'7b22fffe' AS TEXT) WHERE stream = $1 AND seq = $2",
);
const HASH: Sql = Sql::both("UPDATE audit_entries SET hash = $3 WHERE stream = $1 AND seq = $2");
const PLACE: Sql =
    Sql::both("UPDATE audit_entries SET stream = $3, seq = $4 WHERE stream = $1 AND seq = $2");
const DELETE: Sql = Sql::both("DELETE FROM audit_entries WHERE stream = $1 AND seq = $2");
const INSERT: Sql = Sql::both(
    "INSERT INTO audit_entries (stream, seq, at, content, hash, action, actor, outcome, project_id) \
     SELECT stream, $3, at, content, hash, action, actor, outcome, project_id \
     FROM audit_entries WHERE stream = $1 AND seq = $2",
);
const COLUMNS: [(&str, Sql); 4] = [
    (
        "action",
        Sql::both("UPDATE audit_entries SET action = 'user.create' WHERE stream = $1 AND seq = $2"),
    ),
    ("actor", Sql::both("UPDATE audit_entries SET actor = 'null' WHERE stream = $1 AND seq = $2")),
    (
        "outcome",
        Sql::both("UPDATE audit_entries SET outcome = 'failed' WHERE stream = $1 AND seq = $2"),
    ),
    ("at", Sql::both("UPDATE audit_entries SET at = at + 1000 WHERE stream = $1 AND seq = $2")),
];
const CHAIN: Sql = Sql::both("DELETE FROM audit_entries WHERE stream = $1");
const CHECKPOINTS: Sql =
    Sql::both("SELECT number, content, signature FROM audit_checkpoints ORDER BY number");
const NO_CHECKPOINT: Sql = Sql::both("DELETE FROM audit_checkpoints WHERE number = $1");
const SIGNED: Sql = Sql::both("UPDATE audit_checkpoints SET content = $2 WHERE number = $1");
const SIGNATURE: Sql = Sql::both("UPDATE audit_checkpoints SET signature = $2 WHERE number = $1");
const KEY: Sql = Sql::both("UPDATE audit_keys SET public_key = $1");

type Row = (Uuid, i64, String, Vec<u8>);

/// Does something to the store, looks what is found, and undoes it by an opposite.
async fn with(bench: &Bench, done: Unit, undone: Unit) -> AuditReport {
    let database = bench.storage.database();
    database.apply(done).await.unwrap();
    let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
    database.apply(undone).await.unwrap();
    report
}

fn run(sql: Sql, values: Vec<Value>) -> Unit {
    Unit::new().expect(1, sql, values)
}

fn names(report: &AuditReport, stream: Uuid, seq: i64) -> bool {
    let seq = u64::try_from(seq).unwrap();
    report.faults.iter().any(|fault| fault.stream == Some(stream) && fault.seq == Some(seq))
}

each_database! {
    async fn text_that_is_none_is_found_and_hides_nothing(place: Place) {
        let bench = Bench::open(place).await;
        for name in ["A", "B", "C"] {
            put_secret(&bench, name).await;
        }
        let (audit, database) = (bench.app.audit(), bench.storage.database());
        audit.settle().await.unwrap();
        let rows: Vec<Row> = database.query(ENTRIES, Vec::new()).await.unwrap();
        let (stream, seq) = (rows[1].0, rows[1].1);
        database.apply(run(BROKEN, params![stream, seq])).await.unwrap();
        let report = audit.verify(&bench.owner, Trust::default()).await.unwrap();
        assert!(names(&report, stream, seq), "{report:?}");
        let file = export(&bench.app, &bench.owner, ExportRange::default()).await;
        assert!(names(&verified(&file), stream, seq));
        let shown = audit.list(&bench.owner, AuditFilter::default(), PageRequest::default()).await;
        assert_eq!(shown.unwrap().items.len(), 4);
    }

    async fn every_kind_of_tampering_on_every_stored_row_is_found(place: Place) {
        let bench = Bench::open(place).await;
        let second = bench.second().await;
        for n in 0..3 {
            put_secret(&bench, &format!("NAME_{n}")).await;
            let owner = Caller::local_owner(second.project());
            second.secrets().delete(&owner, &format!("NAME_{n}")).await.unwrap();
            bench.app.audit().settle().await.unwrap();
            second.audit().settle().await.unwrap();
        }
        let database = bench.storage.database();
        let rows: Vec<Row> = database.query(ENTRIES, Vec::new()).await.unwrap();
        assert_eq!(rows.len(), 6);
        for (stream, seq, content, hash) in &rows {
            let (stream, seq) = (*stream, *seq);
            let (far, at) = (Uuid::from_u128(77), params![stream, seq]);

            let changed = content.replace("NAME_", "OTHER");
            let done = run(CONTENT, params![stream, seq, changed]);
            let report = with(&bench, done, run(CONTENT, params![stream, seq, content.as_str()])).await;
            assert!(names(&report, stream, seq), "changed {seq}: {report:?}");

            let mut flipped = hash.clone();
            flipped[7] ^= 4;
            let done = run(HASH, params![stream, seq, flipped]);
            let report = with(&bench, done, run(HASH, params![stream, seq, hash.clone()])).await;
            assert!(names(&report, stream, seq), "hash of {seq}: {report:?}");

            // Taken out of its chain, and so removed there.
            let done = run(PLACE, params![stream, seq, far, seq]);
            let report = with(&bench, done, run(PLACE, params![far, seq, stream, seq])).await;
            assert!(names(&report, stream, seq), "removed {seq}: {report:?}");

            let done = run(INSERT, params![stream, seq, 4_i64]);
            let report = with(&bench, done, run(DELETE, params![stream, 4_i64])).await;
            assert!(!report.sound && names(&report, stream, 4), "inserted {seq}: {report:?}");

            for (column, sql) in COLUMNS {
                database.apply(run(sql, at.clone())).await.unwrap();
                let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
                assert!(names(&report, stream, seq), "{column} of {seq}: {report:?}");
                restore(&bench, stream, seq, column).await;
            }
            for (other, to, other_content, _) in rows.iter().filter(|row| (row.0, row.1) != (stream, seq)) {
                let (other, to) = (*other, *to);
                let swap = |one: &str, two: &str| {
                    run(CONTENT, params![stream, seq, one]).with_more(run(CONTENT, params![other, to, two]))
                };
                let report = with(&bench, swap(other_content, content), swap(content, other_content)).await;
                assert!(names(&report, stream, seq) && names(&report, other, to), "{report:?}");
            }
        }
        let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
        assert!(report.sound, "all was undone: {report:?}");

        let checkpoints: Vec<(i64, String, Vec<u8>)> =
            database.query(CHECKPOINTS, Vec::new()).await.unwrap();
        let key: (Vec<u8>,) = database
            .query_opt(Sql::both("SELECT public_key FROM audit_keys"), Vec::new()).await.unwrap().unwrap();
        for (number, content, signature) in checkpoints {
            let found = |report: &AuditReport| {
                let number = u64::try_from(number).ok();
                report.faults.iter().any(|fault| fault.checkpoint == number)
            };
            let other = content.replace("\"at\":\"2026", "\"at\":\"2027");
            let done = run(SIGNED, params![number, other]);
            let report = with(&bench, done, run(SIGNED, params![number, content])).await;
            assert!(found(&report), "checkpoint {number} changed: {report:?}");
            let mut flipped = signature.clone();
            flipped[3] ^= 1;
            let done = run(SIGNATURE, params![number, flipped]);
            let report = with(&bench, done, run(SIGNATURE, params![number, signature])).await;
            assert!(found(&report), "signature {number} changed: {report:?}");
        }
        let report = with(&bench, run(KEY, params![vec![1_u8; 32]]), run(KEY, params![key.0])).await;
        assert!(!report.sound);

        let last = rows.last().unwrap().0;
        database.apply(Unit::new().run(CHAIN, params![last])).await.unwrap();
        let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
        assert!(report.faults.iter().any(|fault| fault.stream == Some(last)), "{report:?}");
        database.apply(run(NO_CHECKPOINT, params![2_i64])).await.unwrap();
        let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
        assert!(report.faults.iter().any(|fault| fault.message.contains("checkpoints 2 to 2")), "{report:?}");
    }
}

async fn restore(bench: &Bench, stream: Uuid, seq: i64, column: &str) {
    let back = match column {
        "at" => Sql::both("UPDATE audit_entries SET at = at - 1000 WHERE stream = $1 AND seq = $2"),
        "outcome" => {
            Sql::both("UPDATE audit_entries SET outcome = 'done' WHERE stream = $1 AND seq = $2")
        }
        "actor" => Sql::both(
            "UPDATE audit_entries SET actor = '{\"type\":\"local_owner\"}' WHERE stream = $1 AND seq = $2",
        ),
        _ => Sql::each(
            "UPDATE audit_entries SET action = json_extract(content, '$.action') WHERE stream = $1 AND seq = $2",
            "UPDATE audit_entries SET action = CAST(content AS jsonb) ->> 'action' WHERE stream = $1 AND seq = $2",
        ),
    };
    bench.storage.database().apply(run(back, params![stream, seq])).await.unwrap();
}

/// Units one after the other.
trait More {
    fn with_more(self, other: Self) -> Self;
}

impl More for Unit {
    fn with_more(mut self, other: Self) -> Self {
        self.append(other);
        self
    }
}
