//! Verifies a trail piece by piece, from wherever it comes: keys, then checkpoints, then chains.
//!
//! Memory: 64 bytes for each end of a chain that a checkpoint sealed, and what a report holds.

mod chains;

use std::collections::HashMap;

use gathering_domain::hex;
use gathering_storage::audit::ChainHash;
use ring::signature::{ED25519, UnparsedPublicKey};
use uuid::Uuid;

use super::{
    checkpoint::{self, Checkpoint},
    key::key_id,
    past::Link,
    report::{AuditReport, FaultKind, Place, Trust},
};
use chains::Open;

/// Which part of a trail is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: every chain begins at its first entry, and none may be missing.
    Whole,
    /// A part of each chain, between two times.
    Between,
}

/// Verifies a trail.
pub(super) struct Verifier {
    part: Part,
    trust: Trust,
    keys: HashMap<String, Vec<u8>>,
    /// The number and the hash of the last checkpoint; no hash where that is in doubt.
    last: Option<(u64, Option<ChainHash>)>,
    /// What is known of each chain.
    sealed: HashMap<Uuid, Vec<Sealed>>,
    open: Option<Open>,
    seen: HashMap<Uuid, u64>,
    pub(super) report: AuditReport,
}

/// What is known of a chain.
#[derive(Debug, Clone, Copy)]
struct Sealed {
    seq: u64,
    hash: ChainHash,
    /// The checkpoint that says so; none if this process has written the entry.
    checkpoint: Option<u64>,
}

impl Verifier {
    pub(super) fn new(part: Part, trust: Trust) -> Self {
        Self {
            part,
            trust,
            keys: HashMap::new(),
            last: None,
            sealed: HashMap::new(),
            open: None,
            seen: HashMap::new(),
            report: AuditReport::default(),
        }
    }

    /// A key that may have signed.
    pub(super) fn key(&mut self, place: Place, id: &str, public_key: &[u8]) {
        if key_id(public_key) != id {
            let message = format!("the key `{id}` is another than its id says");
            self.report.fault(FaultKind::Key, place, message);
        }
        if !self.trust.keys.is_empty() && !self.trust.keys.iter().any(|trusted| trusted == id) {
            let message = format!("the key `{id}` is not one that is trusted");
            self.report.fault(FaultKind::Key, place, message);
        }
        if self.keys.insert(id.to_owned(), public_key.to_vec()).is_some() {
            self.report.fault(FaultKind::OutOfOrder, place, format!("the key `{id}` comes twice"));
        }
        self.report.keys.push(id.to_owned());
    }

    /// Whether the key of that id made the signature.
    pub(super) fn signature(&mut self, place: Place, key: &str, message: &[u8], signature: &[u8]) {
        let Some(public_key) = self.keys.get(key) else {
            let message = format!("it is signed by the key `{key}`, which is not there");
            return self.report.fault(FaultKind::Key, place, message);
        };
        if UnparsedPublicKey::new(&ED25519, public_key).verify(message, signature).is_err() {
            self.report.fault(FaultKind::Signature, place, "the signature does not hold");
        }
    }

    /// Where the checkpoints begin: after this one.
    pub(super) fn checkpoints_after(&mut self, place: Place, number: u64, hash: ChainHash) {
        if self.last.is_some() {
            let message = "the checkpoints begin twice";
            return self.report.fault(FaultKind::OutOfOrder, place, message);
        }
        let at_first = number == 0 && hash == checkpoint::BEFORE_THE_FIRST;
        if (self.part == Part::Whole || number == 0) && !at_first {
            let message = format!("checkpoints 1 to {number} are missing");
            self.report.fault(FaultKind::Missing, place, message);
        }
        self.anchored(place, number, &hash);
        self.last = Some((number, Some(hash)));
    }

    /// The next checkpoint.
    pub(super) fn checkpoint(
        &mut self,
        place: Place,
        number: u64,
        content: &str,
        signature: &[u8],
    ) {
        self.report.checkpoints += 1;
        let place = Place { checkpoint: Some(number), ..place };
        let Some((last, before)) = self.last else {
            let message = "it stands before the place where checkpoints begin";
            return self.report.fault(FaultKind::OutOfOrder, place, message);
        };
        if number <= last {
            let message = format!("it stands after checkpoint {last}");
            return self.report.fault(FaultKind::OutOfOrder, place, message);
        }
        let gap = number > last + 1;
        if gap {
            let message = format!("checkpoints {} to {} are missing", last + 1, number - 1);
            self.report.fault(FaultKind::Missing, place, message);
        }
        let own = checkpoint::hash(content);
        self.anchored(place, number, &own);
        self.last = Some((number, Some(own)));
        let Ok(read) = serde_json::from_str::<Checkpoint>(content) else {
            let message = "its content is not that of a checkpoint";
            return self.report.fault(FaultKind::Format, place, message);
        };
        let faults = self.report.fault_count;
        self.signature(place, &read.key, &checkpoint::signed(content), signature);
        if self.report.fault_count > faults {
            // What it says proves nothing, its successor is judged by its own signature.
            self.last = Some((number, None));
            return;
        }
        if read.number != number {
            let message = format!("its content is that of checkpoint {}", read.number);
            self.report.fault(FaultKind::OutOfOrder, place, message);
        }
        if !gap && before.is_some_and(|before| before != read.before) {
            let message = "it follows on another checkpoint than the one before it";
            self.report.fault(FaultKind::Unlike, place, message);
        }
        for head in read.heads {
            let checkpoint = Some(number);
            let sealed = Sealed { seq: head.seq, hash: head.hash, checkpoint };
            self.sealed.entry(head.stream).or_default().push(sealed);
        }
    }

    /// The number of the checkpoint after the last one.
    pub(super) fn next_checkpoint(&self) -> Option<u64> {
        self.last.map(|(number, _)| number + 1)
    }

    /// This process has written the entry of that number, with that hash.
    pub(super) fn written(&mut self, stream: Uuid, (seq, hash): Link) {
        let written = Sealed { seq, hash, checkpoint: None };
        self.sealed.entry(stream).or_default().push(written);
    }

    /// Compares a checkpoint with all that is known of it from elsewhere.
    fn anchored(&mut self, place: Place, number: u64, hash: &ChainHash) {
        let place = Place { checkpoint: Some(number), ..place };
        let known = std::mem::take(&mut self.trust.checkpoints);
        let (own, others): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|(known, _)| *known == number);
        self.trust.checkpoints = others;
        for (_, known) in own.iter().filter(|(_, known)| known != hash) {
            let message = format!("its hash is {} and not {}", hex(hash), hex(known));
            self.report.fault(FaultKind::Unlike, place, message);
        }
    }

    /// All was seen.
    pub(super) fn finish(mut self) -> AuditReport {
        self.close(Place::default());
        let mut missing = std::mem::take(&mut self.trust.checkpoints);
        missing.sort_unstable();
        missing.dedup_by_key(|(number, _)| *number);
        for (number, _) in missing {
            let place = Place { checkpoint: Some(number), ..Place::default() };
            self.report.fault(FaultKind::Missing, place, "it is known from elsewhere, and missing");
        }
        if self.part == Part::Whole {
            let mut gone: Vec<_> = self
                .sealed
                .iter()
                .filter_map(|(stream, sealed)| {
                    Some((*stream, *sealed.iter().max_by_key(|sealed| sealed.seq)?))
                })
                .collect();
            gone.sort_unstable_by_key(|(stream, _)| *stream);
            for (stream, Sealed { seq, checkpoint, .. }) in gone {
                let place = Place { stream: Some(stream), checkpoint, ..Place::default() };
                let message = format!("the chain is missing, which had {seq} entries");
                self.report.fault(FaultKind::Missing, place, message);
            }
        }
        if let Some((number, Some(hash))) = self.last.filter(|(number, _)| *number > 0) {
            self.report.last_checkpoint = Some(format!("{number}:{}", hex(&hash)));
        }
        self.report.sound = self.report.fault_count == 0;
        self.report
    }
}
