//! Packs the sections of many appends into as few rows of the log as their bounds allow.

use bytes::Bytes;

use super::append::ENTRIES_PER_ROW;
use super::frame::{FORMAT, encode_section};
use gathering_domain::{ProjectId, RunId};

/// The most bytes of entries in one row.
pub(crate) const ROW_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Consecutive entries of one run, encoded.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) run_id: RunId,
    pub(crate) project_id: ProjectId,
    /// Number of entries, at most [`ENTRIES_PER_ROW`].
    pub(crate) count: u16,
    pub(crate) bytes: Bytes,
}

/// A row of the log that is being filled.
#[derive(Debug, Default)]
pub(crate) struct PackedRow {
    pub(crate) count: usize,
    pub(crate) runs: Vec<u8>,
    pub(crate) entries: Vec<u8>,
}

/// Rows of the log that are being filled.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    pub(crate) rows: Vec<PackedRow>,
}

impl Packer {
    /// Adds a chunk and says in which row, and at which index, its first entry stands.
    pub(crate) fn push(&mut self, chunk: &Chunk) -> (usize, usize) {
        let fits = self.rows.last().is_some_and(|row| {
            row.count + usize::from(chunk.count) <= ENTRIES_PER_ROW
                && row.entries.len() + chunk.bytes.len() <= ROW_BYTES_MAX
        });
        if !fits {
            self.rows.push(PackedRow { runs: vec![FORMAT], ..PackedRow::default() });
        }
        let number = self.rows.len() - 1;
        let row = &mut self.rows[number];
        let index = row.count;
        let bytes = u32::try_from(chunk.bytes.len()).unwrap_or(u32::MAX);
        encode_section(chunk.run_id, chunk.project_id, chunk.count, bytes, &mut row.runs);
        row.entries.extend_from_slice(&chunk.bytes);
        row.count += usize::from(chunk.count);
        (number, index)
    }
}
