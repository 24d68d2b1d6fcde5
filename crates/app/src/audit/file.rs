//! An export: a file of lines of JSON that verifies without a store.

use std::io::{self, BufRead, Read as _};

use gathering_domain::hex;
use gathering_storage::audit::ChainHash;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    checkpoint::hash_text,
    report::{AuditReport, FaultKind, Place, Trust},
    verify::{Part, Verifier},
};

/// What the first line says.
pub(super) const FORMAT: &str = "gathering-audit-1";
/// What comes before the hash of the file in what its last line signs.
const SIGNED: &str = "gathering audit export 1\n";
/// The longest line, in bytes.
const MAX_LINE_BYTES: u64 = 4 * 1024 * 1024;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    /// The first.
    Header {
        format: String,
        made_at: String,
        /// Since when; all from the beginning if absent.
        from: Option<String>,
        /// Before when.
        to: Option<String>,
    },
    /// A key that signed.
    Key { id: String, public_key: String },
    /// Where the checkpoints begin.
    Checkpoints {
        after: u64,
        #[serde(with = "hash_text")]
        hash: ChainHash,
    },
    /// A checkpoint.
    Checkpoint { number: u64, content: String, signature: String },
    /// Where a chain begins, and where it ends.
    Chain {
        stream: Uuid,
        after: u64,
        upto: u64,
        #[serde(with = "hash_text")]
        hash: ChainHash,
    },
    /// An entry.
    Entry { stream: Uuid, seq: u64, hash: String, content: String },
    /// The last.
    End {
        entries: u64,
        checkpoints: u64,
        #[serde(with = "hash_text")]
        sha256: ChainHash,
        key: String,
        signature: String,
    },
}

/// What the last line signs: the hash of all lines before it.
pub(super) fn signed(sha256: &ChainHash) -> Vec<u8> {
    [SIGNED.as_bytes(), sha256].concat()
}

/// Verifies an export. Fails only if the file cannot be read.
pub fn verify_file(file: impl BufRead, trust: Trust) -> io::Result<AuditReport> {
    let mut reading = Reading {
        digest: Sha256::new(),
        stage: Stage::Header,
        verifier: Verifier::new(Part::Whole, Trust::default()),
        trust,
        counts: (0, 0),
    };
    let mut file = file;
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if file.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        reading.line(number, &bytes);
    }
    Ok(reading.finish())
}

/// Which lines may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Header,
    Keys,
    Checkpoints,
    Chains,
    Over,
}

struct Reading {
    digest: Sha256,
    stage: Stage,
    verifier: Verifier,
    trust: Trust,
    /// Lines of entries and of checkpoints.
    counts: (u64, u64),
}

impl Reading {
    fn line(&mut self, number: u64, bytes: &[u8]) {
        let place = Place { line: Some(number), ..Place::default() };
        let before = self.digest.clone();
        self.digest.update(bytes);
        let read = bytes.strip_suffix(b"\n").and_then(|text| serde_json::from_slice(text).ok());
        // Written in one way alone: what means the same and looks otherwise was changed by somebody.
        let line = read.filter(|line: &Line| text(line).as_bytes() == bytes);
        let Some(line) = line else {
            let message = "the line is not what an export has";
            return self.verifier.report.fault(FaultKind::Format, place, message);
        };
        let (stage, allowed) = match &line {
            Line::Header { .. } => (Stage::Keys, self.stage == Stage::Header),
            Line::Key { .. } => (Stage::Keys, self.stage == Stage::Keys),
            Line::Checkpoints { .. } => (Stage::Checkpoints, self.stage == Stage::Keys),
            Line::Checkpoint { .. } => (Stage::Checkpoints, self.stage == Stage::Checkpoints),
            Line::Chain { .. } | Line::Entry { .. } => {
                (Stage::Chains, matches!(self.stage, Stage::Checkpoints | Stage::Chains))
            }
            Line::End { .. } => {
                (Stage::Over, matches!(self.stage, Stage::Checkpoints | Stage::Chains))
            }
        };
        if !allowed {
            let message = "the line stands at a place that is not its own";
            self.verifier.report.fault(FaultKind::OutOfOrder, place, message);
        }
        self.stage = self.stage.max(stage);
        self.piece(place, line, before);
    }

    fn piece(&mut self, place: Place, line: Line, before: Sha256) {
        let verifier = &mut self.verifier;
        match line {
            Line::Header { format, from, to, .. } => {
                let whole = from.is_none() && to.is_none();
                let part = if whole { Part::Whole } else { Part::Between };
                let report = std::mem::take(&mut verifier.report);
                *verifier = Verifier::new(part, std::mem::take(&mut self.trust));
                verifier.report = AuditReport { from, to, ..report };
                if format != FORMAT {
                    let message = format!("the format is `{format}` and not `{FORMAT}`");
                    verifier.report.fault(FaultKind::Format, place, message);
                }
            }
            Line::Key { id, public_key } => verifier.key(place, &id, &bytes_of(&public_key)),
            Line::Checkpoints { after, hash } => verifier.checkpoints_after(place, after, hash),
            Line::Checkpoint { number, content, signature } => {
                self.counts.1 += 1;
                verifier.checkpoint(place, number, &content, &bytes_of(&signature));
            }
            Line::Chain { stream, after, upto, hash } => {
                verifier.chain(place, stream, (after, upto), hash);
            }
            Line::Entry { stream, seq, hash, content } => {
                self.counts.0 += 1;
                verifier.entry(place, stream, seq, &content, &bytes_of(&hash));
            }
            Line::End { entries, checkpoints, sha256, key, signature } => {
                let found: ChainHash = before.finalize().into();
                if found != sha256 {
                    let message = format!("the lines before have the hash {}", hex(&found));
                    verifier.report.fault(FaultKind::Changed, place, message);
                }
                verifier.signature(place, &key, &signed(&sha256), &bytes_of(&signature));
                let (of_entries, of_checkpoints) = self.counts;
                if entries != of_entries {
                    let message = format!("there are {of_entries} entries and not {entries}");
                    verifier.report.fault(FaultKind::Missing, place, message);
                }
                if checkpoints != of_checkpoints {
                    let place = Place { checkpoint: verifier.next_checkpoint(), ..place };
                    let message =
                        format!("there are {of_checkpoints} checkpoints and not {checkpoints}");
                    verifier.report.fault(FaultKind::Missing, place, message);
                }
            }
        }
    }

    fn finish(mut self) -> AuditReport {
        if self.stage != Stage::Over {
            let message = "the file ends before its last line";
            self.verifier.report.fault(FaultKind::Missing, Place::default(), message);
        }
        self.verifier.finish()
    }
}

/// A line with its end, in the one way in which it is written.
pub(super) fn text(line: &Line) -> String {
    let mut text = serde_json::to_string(line).expect("a line is JSON");
    text.push('\n');
    text
}

/// Bytes that were written in hexadecimal; none, if they were not.
fn bytes_of(text: &str) -> Vec<u8> {
    // In lower case alone, as they are written.
    hex::decode(text).ok().filter(|bytes| hex(bytes) == text).unwrap_or_default()
}
