//! A store that was cut behind the back of the process that wrote to it.

use gathering_app::audit::{AuditFilter, ExportRange, FaultKind, Trust};
use gathering_database::{Sql, Unit, params};
use gathering_testkit::{Place, each_database};

use super::{export, put_secret, verified};
use crate::support::Bench;

/// The newest checkpoint goes, and what it sealed counts as not sealed.
const CUT_CHECKPOINT: [&str; 2] = [
    "DELETE FROM audit_checkpoints WHERE number = (SELECT max(number) FROM audit_checkpoints)",
    "UPDATE audit_streams SET sealed_seq = sealed_seq - 1",
];
/// The newest entry goes, and with it the checkpoint that sealed it.
const CUT_ENTRY: [&str; 4] = [
    "DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)",
    "UPDATE audit_streams SET seq = seq - 1, sealed_seq = sealed_seq - 1, \
     hash = (SELECT e.hash FROM audit_entries e WHERE e.seq = (SELECT max(l.seq) FROM audit_entries l))",
    CUT_CHECKPOINT[0],
    "UPDATE audit_streams SET sealed_seq = seq",
];
/// The entry alone goes: the note of where the chain ends stays.
const CUT_QUIETLY: [&str; 1] = [CUT_ENTRY[0]];
/// Everything goes.
const CUT_ALL: [&str; 4] = [
    "DELETE FROM audit_entries",
    "DELETE FROM audit_streams",
    "DELETE FROM audit_checkpoints",
    "DELETE FROM audit_keys",
];
const NO_KEY: Sql = Sql::both("DELETE FROM audit_keys");

async fn cut(bench: &Bench, statements: &[&'static str]) {
    let unit =
        statements.iter().fold(Unit::new(), |unit, text| unit.run(Sql::both(text), params![]));
    bench.storage.database().apply(unit).await.unwrap();
}

/// What becomes of a cut: no process that knows better signs anything over it, and all say so.
async fn noticed(place: Place, statements: &[&'static str], by_others: bool) {
    let bench = Bench::open(place).await;
    let audit = bench.app.audit();
    for name in ["A", "B", "C"] {
        put_secret(&bench, name).await;
        audit.settle().await.unwrap();
    }
    let file = export(&bench.app, &bench.owner, ExportRange::default()).await;
    assert!(verified(&file).sound && !audit.has_gone_back());
    // It has written nothing, and has seen the last checkpoint.
    let other = bench.second().await;
    other.audit().settle().await.unwrap();
    cut(&bench, statements).await;
    for app in [Some(&bench.app), by_others.then_some(&other)].into_iter().flatten() {
        let refused = app.audit().export(&bench.owner, ExportRange::default()).await;
        assert_eq!(refused.err().map(|error| error.code()), Some("internal"));
        assert!(app.audit().has_gone_back());
        let report = app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
        let mut kinds = report.faults.iter().map(|fault| fault.kind);
        assert!(kinds.any(|kind| kind == FaultKind::Missing), "{report:?}");
        // Who looks is shown what is left.
        let page = gathering_app::PageRequest::default();
        app.audit().list(&bench.owner, AuditFilter::default(), page).await.unwrap();
    }
}

each_database! {
    async fn nothing_is_signed_where_a_checkpoint_was_cut(place: Place) {
        noticed(place, &CUT_CHECKPOINT, true).await;
    }

    async fn nothing_is_signed_where_an_entry_and_its_checkpoint_were_cut(place: Place) {
        noticed(place, &CUT_ENTRY, true).await;
    }

    async fn nothing_is_signed_where_an_entry_was_cut(place: Place) {
        noticed(place, &CUT_QUIETLY, false).await;
    }

    async fn nothing_is_signed_where_everything_was_cut(place: Place) {
        noticed(place, &CUT_ALL, true).await;
    }

    async fn a_key_that_is_gone_is_not_replaced_once_it_has_signed(place: Place) {
        let bench = Bench::open(place).await;
        put_secret(&bench, "A").await;
        bench.app.audit().key_id(&bench.owner).await.unwrap();
        // Nothing hangs on the key before the first checkpoint.
        bench.storage.database().apply(Unit::new().expect(1, NO_KEY, params![])).await.unwrap();
        bench.app.audit().settle().await.unwrap();
        let report = bench.app.audit().verify(&bench.owner, Trust::default()).await.unwrap();
        assert!(report.sound, "{report:?}");
        bench.storage.database().apply(Unit::new().expect(1, NO_KEY, params![])).await.unwrap();
        for app in [bench.app.clone(), bench.second().await] {
            assert_eq!(app.audit().key_id(&bench.owner).await.unwrap_err().code(), "internal");
            put_secret(&bench, "B").await;
            app.audit().export(&bench.owner, ExportRange::default()).await.unwrap_err();
            assert!(app.audit().has_gone_back());
        }
    }
}
