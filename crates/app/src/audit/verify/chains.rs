//! Verifies chains: every link, every gap, and what checkpoints say of them.

use gathering_storage::audit::ChainHash;
use uuid::Uuid;

use super::{Part, Sealed, Verifier};
use crate::audit::{
    chain::{first_hash, next_hash},
    report::{FaultKind, Place},
};

/// A chain that is being looked at.
pub(super) struct Open {
    stream: Uuid,
    /// The number of the last entry that was seen.
    seq: u64,
    /// The number of its last entry.
    upto: u64,
    /// What the next entry may follow on: the hash that the last one has, and the one it should have.
    /// Nothing after a gap.
    before: Vec<ChainHash>,
    /// What is known of the rest, in order.
    sealed: std::vec::IntoIter<Sealed>,
    next: Option<Sealed>,
    unsealed: u64,
}

impl Verifier {
    /// The next chain: its entries after `after`, which has this hash, up to `upto`.
    pub(in crate::audit) fn chain(
        &mut self,
        place: Place,
        stream: Uuid,
        (after, upto): (u64, u64),
        hash: ChainHash,
    ) {
        self.close(place);
        let place = Place { stream: Some(stream), ..place };
        self.report.chains += 1;
        if self.seen.insert(stream, upto).is_some() {
            self.report.fault(FaultKind::OutOfOrder, place, "the chain comes twice");
        }
        if self.part == Part::Whole && after > 0 {
            let message = format!("its entries 1 to {after} are missing");
            self.report.fault(FaultKind::Missing, place, message);
        }
        if after == 0 && hash != first_hash(&stream) {
            let message = "it does not begin as a chain begins";
            self.report.fault(FaultKind::Changed, place, message);
        }
        let mut sealed = self.sealed.remove(&stream).unwrap_or_default();
        sealed.sort_by_key(|sealed| sealed.seq);
        // What was sealed before is not here, but the hash of the last of it is.
        for known in sealed.iter().filter(|known| known.seq == after) {
            if known.hash != hash {
                self.report.fault(FaultKind::Unlike, place, unlike(known));
            }
        }
        sealed.retain(|known| known.seq > after);
        let mut sealed = sealed.into_iter();
        let next = sealed.next();
        let before = vec![hash];
        self.open = Some(Open { stream, seq: after, upto, before, sealed, next, unsealed: 0 });
    }

    /// The next entry of the chain.
    pub(in crate::audit) fn entry(
        &mut self,
        place: Place,
        stream: Uuid,
        seq: u64,
        content: &str,
        hash: &[u8],
    ) {
        self.report.entries += 1;
        let place = Place { stream: Some(stream), seq: Some(seq), ..place };
        let report = &mut self.report;
        let Some(open) = self.open.as_mut().filter(|open| open.stream == stream) else {
            let message = "the entry stands outside its chain";
            return report.fault(FaultKind::OutOfOrder, place, message);
        };
        if seq <= open.seq || seq > open.upto {
            let message = format!("the entry stands after entry {} of {}", open.seq, open.upto);
            return report.fault(FaultKind::OutOfOrder, place, message);
        }
        if seq > open.seq + 1 {
            let message = format!("entries {} to {} are missing", open.seq + 1, seq - 1);
            let at = Place { seq: Some(open.seq + 1), ..place };
            report.fault(FaultKind::Missing, at, message);
            open.before.clear();
        }
        let due: Vec<ChainHash> =
            open.before.iter().map(|before| next_hash(before, content.as_bytes())).collect();
        if !due.is_empty() && due.iter().all(|due| due != hash) {
            let message = "the entry or its hash was changed, or it follows on another one";
            report.fault(FaultKind::Changed, place, message);
        }
        open.seq = seq;
        open.unsealed += 1;
        while let Some(known) = open.next.filter(|known| known.seq <= seq) {
            if known.seq == seq && known.hash != hash {
                let at = Place { checkpoint: known.checkpoint, ..place };
                report.fault(FaultKind::Unlike, at, unlike(&known));
            }
            if known.checkpoint.is_some() {
                open.unsealed = 0;
            }
            open.next = open.sealed.next();
        }
        open.before = due.first().copied().into_iter().collect();
        match ChainHash::try_from(hash) {
            Ok(hash) if !open.before.contains(&hash) => open.before.push(hash),
            Ok(_) => {}
            Err(_) => report.fault(FaultKind::Changed, place, "the hash is not one"),
        }
    }

    /// The chain ends.
    pub(super) fn close(&mut self, place: Place) {
        let Some(open) = self.open.take() else { return };
        let place = Place { stream: Some(open.stream), ..place };
        self.report.unsealed += open.unsealed;
        if open.seq < open.upto {
            let at = Place { seq: Some(open.seq + 1), ..place };
            let message = format!("entries {} to {} are missing", open.seq + 1, open.upto);
            self.report.fault(FaultKind::Missing, at, message);
        }
        // Of a part, what was sealed after its end is not here.
        let gone = open.next.into_iter().chain(open.sealed).last();
        if let Some(Sealed { seq, checkpoint, .. }) = gone
            && self.part == Part::Whole
            && seq > open.upto
        {
            let message = format!("entries {} to {seq} are missing", open.upto + 1);
            let at = Place { seq: Some(open.upto + 1), checkpoint, ..place };
            self.report.fault(FaultKind::Missing, at, message);
        }
    }
}

fn unlike(known: &Sealed) -> String {
    let seq = known.seq;
    match known.checkpoint {
        Some(number) => format!("checkpoint {number} sealed another hash of entry {seq}"),
        None => format!("this process wrote another hash of entry {seq}"),
    }
}
