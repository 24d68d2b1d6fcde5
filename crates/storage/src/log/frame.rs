//! The bytes of a log row: sections, one per append and run, and framed entries.
//!
//! `runs` is a version byte, then per section: run id (16), project id (16), number of entries (u16),
//! bytes of the section (u32). `entries` is the sections' bytes one after the other; an entry is its
//! body's length (u32), seq (u32), time (i64), kind (u8), flags (u8), body. Numbers are little-endian.
//! A body is the JSON of an [`EntryBody`], or the hash and size of a blob that holds it. In the archive, a
//! section without bytes stands for entries that are gone.
//!
//! Recorded rows in the tests hold this; numbers of kinds are never used for anything else.

#[cfg(test)]
mod recorded;

use gathering_domain::{ProjectId, RunId, Timestamp};
use gathering_engine::{Entry, EntryBody};
use uuid::Uuid;

use crate::blobs::{Blob, BlobHash};
use crate::{Result, StorageError};

/// The version of the format, in the first byte of `runs`.
pub(crate) const FORMAT: u8 = 1;
/// Bytes of a section's description.
pub(crate) const SECTION_BYTES: usize = 38;
/// Bytes of an entry before its body.
const HEADER_BYTES: usize = 18;
/// The most bytes of a body that stays in the log.
pub(crate) const INLINE_BODY_MAX: usize = 4 * 1024;
/// The most levels of JSON in a body. Readers take 127; an end is told to a parent with a few more.
pub(crate) const BODY_LEVELS_MAX: usize = 120;
/// Set in an entry's flags if its body is in a blob.
const FLAG_BLOB: u8 = 1;

/// The entries of one append to one run, as a row of the log describes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) run_id: RunId,
    pub(crate) project_id: ProjectId,
    /// Number of entries.
    pub(crate) count: u16,
    /// Bytes of the entries.
    pub(crate) bytes: u32,
    /// Index in the row of the first entry.
    pub(crate) index: usize,
    /// Where in the row's bytes the section begins.
    pub(crate) offset: usize,
}

/// An entry whose body may have to be fetched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredEntry<'a> {
    pub(crate) seq: u32,
    pub(crate) at: Timestamp,
    pub(crate) kind: u8,
    pub(crate) body: Body<'a>,
}

/// Where the body of an entry is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Body<'a> {
    Json(&'a [u8]),
    Blob(BlobHash),
}

/// Why an entry cannot be written.
#[derive(Debug)]
pub(crate) enum Unwritable {
    /// It would be written, and nobody could read it again.
    TooDeep,
    /// It is not JSON.
    NotJson(serde_json::Error),
}

/// Writes an entry; a large body becomes a blob.
pub(crate) fn encode_entry(
    entry: &Entry,
    out: &mut Vec<u8>,
) -> std::result::Result<Option<Blob>, Unwritable> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&entry.seq.to_le_bytes());
    out.extend_from_slice(&entry.at.micros().to_le_bytes());
    out.extend_from_slice(&[kind_number(&entry.body), 0]);
    let body = start + HEADER_BYTES;
    serde_json::to_writer(&mut *out, &entry.body).map_err(Unwritable::NotJson)?;
    if deeper_than(&out[body..], BODY_LEVELS_MAX) {
        return Err(Unwritable::TooDeep);
    }
    let blob = (out.len() - body > INLINE_BODY_MAX).then(|| {
        let blob = Blob::new(&out[body..]);
        out.truncate(body);
        out.extend_from_slice(&blob.hash.0);
        out.extend_from_slice(&blob.size.to_le_bytes());
        out[body - 1] |= FLAG_BLOB;
        blob
    });
    let length = u32::try_from(out.len() - body).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(blob)
}

/// Whether JSON that was just written has more arrays and objects in one another.
fn deeper_than(json: &[u8], most: usize) -> bool {
    // Each level has an opening and a closing byte, so that small entries need no look.
    if json.len() <= 2 * most {
        return false;
    }
    let (mut level, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                level += 1;
                if level > most {
                    return true;
                }
            }
            b']' | b'}' if !in_text => level -= 1,
            _ => {}
        }
    }
    false
}

/// Writes a section's description.
pub(crate) fn encode_section(
    run_id: RunId,
    project_id: ProjectId,
    count: u16,
    bytes: u32,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(run_id.uuid().as_bytes());
    out.extend_from_slice(project_id.uuid().as_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&bytes.to_le_bytes());
}

/// Reads the sections of a row.
pub(crate) fn sections(row: i64, runs: &[u8]) -> Result<impl Iterator<Item = Section> + '_> {
    let corrupt = |why: String| StorageError::corrupt("log row", row, why);
    let (version, described) =
        runs.split_first().ok_or_else(|| corrupt("it is empty".to_owned()))?;
    if *version != FORMAT {
        return Err(corrupt(format!("its format is {version}, and this program knows {FORMAT}")));
    }
    if described.len() % SECTION_BYTES != 0 {
        return Err(corrupt("its sections are cut short".to_owned()));
    }
    let mut next = (0, 0);
    Ok(described.chunks_exact(SECTION_BYTES).map(move |bytes| {
        let (index, offset) = next;
        let section = Section {
            run_id: RunId::from_uuid(Uuid::from_bytes(array(bytes, 0))),
            project_id: ProjectId::from_uuid(Uuid::from_bytes(array(bytes, 16))),
            count: u16::from_le_bytes(array(bytes, 32)),
            bytes: u32::from_le_bytes(array(bytes, 34)),
            index,
            offset,
        };
        next = (index + usize::from(section.count), offset + section.bytes as usize);
        section
    }))
}

/// Reads the entries of a section from its row's bytes; none of one that is gone.
pub(crate) fn decode_section<'a>(
    row: i64,
    section: &Section,
    entries: &'a [u8],
) -> Result<Vec<StoredEntry<'a>>> {
    if section.is_gone() {
        return Ok(Vec::new());
    }
    let corrupt = |why: &str| StorageError::corrupt("log row", row, why);
    let end = section.offset + section.bytes as usize;
    let mut rest =
        entries.get(section.offset..end).ok_or_else(|| corrupt("its entries are cut short"))?;
    let mut found = Vec::with_capacity(usize::from(section.count));
    while !rest.is_empty() {
        if rest.len() < HEADER_BYTES {
            return Err(corrupt("an entry is cut short"));
        }
        let length = u32::from_le_bytes(array(rest, 0)) as usize;
        let (frame, after) = rest
            .split_at_checked(HEADER_BYTES + length)
            .ok_or_else(|| corrupt("an entry is cut short"))?;
        let body = &frame[HEADER_BYTES..];
        let body = if frame[HEADER_BYTES - 1] & FLAG_BLOB == 0 {
            Body::Json(body)
        } else {
            let hash = body.get(..32).and_then(BlobHash::from_slice);
            Body::Blob(hash.ok_or_else(|| corrupt("a blob's hash is cut short"))?)
        };
        found.push(StoredEntry {
            seq: u32::from_le_bytes(array(frame, 4)),
            at: Timestamp::from_micros(i64::from_le_bytes(array(frame, 8))),
            kind: frame[HEADER_BYTES - 2],
            body,
        });
        rest = after;
    }
    if found.len() != usize::from(section.count) {
        return Err(corrupt("a section does not have the entries that it should have"));
    }
    Ok(found)
}

impl Section {
    /// Whether its entries went with their run. Their places stay taken, so that those behind them keep
    /// theirs.
    pub(crate) const fn is_gone(&self) -> bool {
        self.bytes == 0
    }
}

impl StoredEntry<'_> {
    /// The entry, given its body, which its blob holds if it has one.
    pub(crate) fn read(&self, of: impl std::fmt::Display, json: &[u8]) -> Result<Entry> {
        if self.kind > KINDS {
            return Err(StorageError::NewerEntry { of: of.to_string(), kind: self.kind });
        }
        let body: EntryBody = serde_json::from_slice(json)
            .map_err(|error| StorageError::corrupt("entry", of, error))?;
        Ok(Entry { seq: self.seq, at: self.at, body })
    }
}

/// Bytes at a place that is known to be there.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the length was checked")
}

/// The highest number of a kind.
const KINDS: u8 = 15;

const fn kind_number(body: &EntryBody) -> u8 {
    match body {
        EntryBody::RunStarted(_) => 1,
        EntryBody::EffectAttempted(_) => 2,
        EntryBody::AttemptFailed(_) => 3,
        EntryBody::EffectSettled(_) => 4,
        EntryBody::TimerSet { .. } => 5,
        EntryBody::TimerFired { .. } => 6,
        EntryBody::SignalAwaited(_) => 7,
        EntryBody::SignalReceived(_) => 8,
        EntryBody::ChildStarted(_) => 9,
        EntryBody::ChildSettled(_) => 10,
        EntryBody::EventEmitted(_) => 11,
        EntryBody::LimitReached { .. } => 12,
        EntryBody::CancelRequested { .. } => 13,
        EntryBody::RunFinished(_) => 14,
        EntryBody::LimitRaised(_) => 15,
    }
}
