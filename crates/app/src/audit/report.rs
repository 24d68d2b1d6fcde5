//! What verifying the trail showed: counts, and every fault with its place.

use std::fmt;

use gathering_storage::audit::ChainHash;
use serde::Serialize;
use uuid::Uuid;

/// Faults that a report names; more are counted.
const NAMED: usize = 100;

/// What the verifier takes for granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// Ids of the only keys that may have signed; any, if none is given.
    pub keys: Vec<String>,
    /// Checkpoints that are known from elsewhere: number and hash.
    pub checkpoints: Vec<(u64, ChainHash)>,
}

/// What verifying showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Whether nothing is wrong.
    pub sound: bool,
    /// Of a file with a part of the trail: since when, if it does not reach from the beginning.
    pub from: Option<String>,
    /// The same: before when, if it does not reach to the end.
    pub to: Option<String>,
    /// Entries that were looked at.
    pub entries: u64,
    /// Chains to which they belong.
    pub chains: u64,
    /// Checkpoints that were looked at.
    pub checkpoints: u64,
    /// Entries after the last checkpoint of their chain: their end may have been cut.
    pub unsealed: u64,
    /// Ids of the keys that signed.
    pub keys: Vec<String>,
    /// The last checkpoint: number and hash, to hold the trail to one day.
    pub last_checkpoint: Option<String>,
    /// How many faults there are.
    pub fault_count: u64,
    /// The first of them.
    pub faults: Vec<AuditFault>,
}

/// Something that is wrong with the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditFault {
    /// What kind of thing.
    pub kind: FaultKind,
    /// The line of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<Uuid>,
    /// The entry's number in its chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The checkpoint's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<u64>,
    /// What is wrong.
    pub message: String,
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An entry is not what it was when it was chained.
    Changed,
    /// Entries, chains or checkpoints that there were are gone.
    Missing,
    /// Something stands at a place that is not its own, or twice.
    OutOfOrder,
    /// What a checkpoint sealed is not what is there.
    Unlike,
    /// A signature does not hold.
    Signature,
    /// A key is not one that is trusted, or not the one it is said to be.
    Key,
    /// The row of an entry says something else than the entry.
    Index,
    /// A line is not what the format says.
    Format,
}

/// Where something is wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) line: Option<u64>,
    pub(super) stream: Option<Uuid>,
    pub(super) seq: Option<u64>,
    pub(super) checkpoint: Option<u64>,
}

impl Trust {
    /// A checkpoint as people write it down: `NUMBER:HASH`.
    pub fn checkpoint(text: &str) -> Option<(u64, ChainHash)> {
        let (number, hash) = text.split_once(':')?;
        // `parse` alone would take `+8`.
        number.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
        let mut bytes = ChainHash::default();
        hex::decode_to_slice(hash, &mut bytes).ok()?;
        Some((number.parse().ok()?, bytes))
    }
}

impl AuditReport {
    /// Which part of the trail was looked at, in words; none, if all of it was.
    pub fn part(&self) -> Option<String> {
        if self.from.is_none() && self.to.is_none() {
            return None;
        }
        let from = self.from.as_deref().unwrap_or("the beginning");
        let to = self.to.as_deref().unwrap_or("the end");
        Some(format!("a part of the trail: from {from} to {to}"))
    }

    pub(super) fn fault(&mut self, kind: FaultKind, place: Place, message: impl Into<String>) {
        self.fault_count += 1;
        if self.faults.len() < NAMED {
            let Place { line, stream, seq, checkpoint } = place;
            let message = message.into();
            self.faults.push(AuditFault { kind, line, stream, seq, checkpoint, message });
        }
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = Vec::new();
        places.extend(self.line.map(|line| format!("line {line}")));
        places.extend(self.stream.map(|stream| format!("chain {stream}")));
        places.extend(self.seq.map(|seq| format!("entry {seq}")));
        places.extend(self.checkpoint.map(|number| format!("checkpoint {number}")));
        if places.is_empty() {
            places.push("the whole".to_owned());
        }
        write!(f, "{}: {}", places.join(", "), self.message)
    }
}
