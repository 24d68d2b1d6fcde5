//! Verifying the stored trail where it is.

use gathering_domain::{Duration, Permission};
use gathering_storage::audit::{self as rows, ChainHash, EntryRow};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Audit,
    chain::first_hash,
    checkpoint,
    report::{AuditReport, FaultKind, Place, Trust},
    verify::{Part, Verifier},
};
use crate::{Caller, Error, Result};

/// Rows that are read at once.
pub(super) const PAGE: u32 = 500;

/// What the row of an entry repeats of it.
#[derive(Deserialize)]
struct Repeated {
    at: String,
    action: String,
    outcome: String,
    #[serde(default)]
    project_id: Option<String>,
    actor: Value,
}

impl Audit<'_> {
    /// Verifies all that is stored: every link of every chain, every signature, that the rows say what the
    /// entries say, and that nothing is gone that this process has written or seen. One at a time on each
    /// instance.
    pub async fn verify(&self, caller: &Caller, mut trust: Trust) -> Result<AuditReport> {
        caller.require_any(Permission::AuditRead)?;
        let _place = self.app.inner.chain.verifying().ok_or(Error::Busy {
            what: "another verification of the audit trail",
            retry_after: Duration::from_secs(5),
        })?;
        self.chained().await?;
        let (chain, database) = (&self.app.inner.chain, self.app.database());
        // What this process has seen itself is known from elsewhere, as far as the store goes.
        trust.checkpoints.extend(*chain.sealing.lock().await);
        let mut verifier = Verifier::new(Part::Whole, trust);
        if let Some(end) = chain.own_end().await {
            verifier.written(chain.stream(), end);
        }
        for key in rows::keys().all(database).await? {
            verifier.key(Place::default(), &key.key_id, &key.public_key);
            // Only this server could seal the seed: a key that somebody put in its place is told.
            if self.unsealed(&key).is_err() {
                let message = format!("the key `{}` is not one that this server made", key.key_id);
                verifier.report.fault(FaultKind::Key, Place::default(), message);
            }
        }
        verifier.checkpoints_after(Place::default(), 0, checkpoint::BEFORE_THE_FIRST);
        let mut after = 0;
        loop {
            let page = rows::checkpoints(after, PAGE).all(database).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for row in page {
                let place = Place { checkpoint: Some(row.number), ..Place::default() };
                verifier.checkpoint(Place::default(), row.number, &row.content, &row.signature);
                if !row.content.contains(&row.key_id) {
                    let message = "its row names another key than the checkpoint";
                    verifier.report.fault(FaultKind::Index, place, message);
                }
            }
        }
        let mut stream = Uuid::nil();
        while let Some((next,)) = rows::streams(stream).first(database).await? {
            stream = next;
            self.verify_stream(&mut verifier, stream).await?;
        }
        Ok(verifier.finish())
    }

    async fn verify_stream(&self, verifier: &mut Verifier, stream: Uuid) -> Result<()> {
        let database = self.app.database();
        // Where the chain ends is told by its entries alone; checkpoints say how far it went at least.
        let last = rows::last_of(stream).first(database).await?.map_or(0, |link| link.seq);
        verifier.chain(Place::default(), stream, (0, last), first_hash(&stream));
        let mut after = 0;
        loop {
            let page = rows::of_stream(stream, after, last, PAGE).all(database).await?;
            let Some(row) = page.last() else { return Ok(()) };
            after = row.seq;
            for row in page {
                verifier.entry(Place::default(), stream, row.seq, &row.content, &row.hash);
                if !repeats(&row) {
                    let place =
                        Place { stream: Some(stream), seq: Some(row.seq), ..Place::default() };
                    let message = "the row says something else than the entry in it";
                    verifier.report.fault(FaultKind::Index, place, message);
                }
            }
        }
    }
}

/// Whether the row, by which the entry is found, says what the entry says.
fn repeats(row: &EntryRow) -> bool {
    let Ok(entry) = serde_json::from_str::<Repeated>(&row.content) else { return false };
    let project = row.project_id.map(|id| gathering_domain::ProjectId::from_uuid(id).to_string());
    entry.at == row.at.to_rfc3339()
        && entry.action == row.action
        && entry.outcome == row.outcome
        && entry.project_id == project
        && serde_json::from_str::<Value>(&row.actor).is_ok_and(|actor| actor == entry.actor)
        && ChainHash::try_from(row.hash.as_slice()).is_ok()
}
