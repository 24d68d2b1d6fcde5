//! Checkpoints: signatures over the ends of all chains that have grown.

use gathering_domain::{Duration, hex};
use gathering_storage::{
    DatabaseError,
    audit::{self as rows, ChainEndRow, ChainHash, CheckpointRow, Head, NewCheckpoint},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Audit;
use crate::{Error, Result};

/// What comes before the content in what is signed.
const SIGNED: &str = "gathering audit checkpoint 1\n";
/// Chains that one checkpoint seals at most; more are sealed by further ones.
const HEADS: u32 = 1_000;
/// Tries of one go, of which each seals so many chains, or finds that another process was faster.
const ROUNDS: u32 = 50;
/// What the first checkpoint follows on.
pub(super) const BEFORE_THE_FIRST: ChainHash = [0; 32];

/// A checkpoint. Its JSON is signed: fields keep their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// From 1.
    pub(super) number: u64,
    /// In RFC 3339.
    pub(super) at: String,
    /// The hash of the checkpoint before.
    #[serde(with = "hash_text")]
    pub(super) before: ChainHash,
    /// The key that signs.
    pub(super) key: String,
    /// The ends of chains.
    pub(super) heads: Vec<SealedHead>,
}

/// The end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedHead {
    pub(super) stream: Uuid,
    pub(super) seq: u64,
    #[serde(with = "hash_text")]
    pub(super) hash: ChainHash,
}

impl Audit<'_> {
    /// Seals what the chains hold, if they have grown: all that they hold when this is called, by a
    /// checkpoint of this process or of another one. Nothing, if the store holds less than it did.
    pub(super) async fn seal(&self) -> Result<()> {
        let database = self.app.database();
        let mut seen = self.app.inner.chain.sealing.lock().await;
        for _ in 0..ROUNDS {
            let last = self.unbroken(&mut seen).await?;
            let ends = rows::unsealed(HEADS).all(database).await?;
            if ends.is_empty() {
                return Ok(());
            }
            let all = ends.len() < HEADS as usize;
            let (at, signer) = (self.app.now(), self.signer().await?);
            let (number, before) = after(last.as_ref());
            let heads: Vec<Head> = ends.into_iter().map(head).collect::<Result<_>>()?;
            let sealed = heads.iter().map(|head| {
                let Head { stream, seq, hash } = *head;
                SealedHead { stream, seq, hash }
            });
            let checkpoint = Checkpoint {
                number,
                at: at.to_rfc3339(),
                before,
                key: signer.key_id.clone(),
                heads: sealed.collect(),
            };
            let content = serde_json::to_string(&checkpoint)
                .map_err(|error| Error::internal("write a checkpoint", error))?;
            let new = NewCheckpoint {
                number,
                at,
                content: &content,
                key_id: &signer.key_id,
                signature: &signer.sign(&signed(&content)),
                heads: &heads,
            };
            match database.apply(rows::insert_checkpoint(&new)).await {
                // Whoever keeps the log elsewhere can hold the trail to it.
                Ok(_) => {
                    let own = hash(&content);
                    *seen = Some((number, own));
                    tracing::info!(number, hash = hex(&own), "sealed the audit trail");
                    if all {
                        return Ok(());
                    }
                }
                // Another process was faster, and may have sealed less than there is by now.
                Err(DatabaseError::Unique { .. } | DatabaseError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy { what: "a seal of the audit trail", retry_after: Duration::from_secs(1) })
    }
}

/// The number of the checkpoint after one, and what it follows on.
fn after(last: Option<&CheckpointRow>) -> (u64, ChainHash) {
    last.map_or((1, BEFORE_THE_FIRST), |last| (last.number + 1, hash(&last.content)))
}

fn head(end: ChainEndRow) -> Result<Head> {
    let ChainEndRow { stream, seq, hash } = end;
    let hash = ChainHash::try_from(hash.as_slice());
    let hash = hash.map_err(|_| Error::defect("read the end of the audit trail"))?;
    Ok(Head { stream, seq, hash })
}

/// The hash of a checkpoint's content, on which the next one follows.
pub(super) fn hash(content: &str) -> ChainHash {
    Sha256::digest(content).into()
}

/// What is signed of a checkpoint.
pub(super) fn signed(content: &str) -> Vec<u8> {
    [SIGNED.as_bytes(), content.as_bytes()].concat()
}

/// Hashes as hexadecimal text.
pub(super) mod hash_text {
    use gathering_domain::hex;
    use gathering_storage::audit::ChainHash;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(in crate::audit) fn serialize<S: Serializer>(
        hash: &ChainHash,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(hash))
    }

    pub(in crate::audit) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<ChainHash, D::Error> {
        let text = String::deserialize(from)?;
        let mut hash = ChainHash::default();
        hex::decode_to_slice(&text, &mut hash)
            .map_err(|_| D::Error::custom("a hash has 64 hexadecimal digits"))?;
        Ok(hash)
    }
}
