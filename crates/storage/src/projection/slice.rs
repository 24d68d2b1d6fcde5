//! A slice of the log turned into rows of the journal index.

use std::collections::HashMap;

use bytes::Bytes;
use gathering_domain::RunId;

use super::SectionsRow;
use crate::log::sections;
use crate::{Result, StorageError};

/// The rows of the log in which each run of a slice has entries, rising.
#[derive(Debug, Default)]
pub(super) struct Slice {
    runs: HashMap<RunId, Vec<i64>>,
}

impl Slice {
    pub(super) fn add(&mut self, row: &SectionsRow) -> Result<()> {
        for section in sections(row.id, &row.runs)? {
            let rows = self.runs.entry(section.run_id).or_default();
            if rows.last() != Some(&row.id) {
                rows.push(row.id);
            }
        }
        Ok(())
    }

    /// The rows of the index, in order of their key: run, first row, encoded rows.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (RunId, i64, Bytes)> {
        let mut runs: Vec<_> = self.runs.into_iter().collect();
        runs.sort_unstable_by_key(|(run_id, _)| *run_id);
        runs.into_iter().filter_map(|(run_id, rows)| {
            let first = *rows.first()?;
            Some((run_id, first, write_rows(first, &rows)))
        })
    }
}

/// Encodes rising numbers of rows as their distances: seven bits a byte, the lowest first, the high bit
/// set on all but the last byte.
fn write_rows(first: i64, rows: &[i64]) -> Bytes {
    let mut out = Vec::with_capacity(rows.len() * 2);
    let mut before = first;
    for row in rows {
        let mut distance = row.abs_diff(before);
        before = *row;
        while distance >= 0x80 {
            out.push((distance & 0x7f) as u8 | 0x80);
            distance >>= 7;
        }
        out.push((distance & 0x7f) as u8);
    }
    out.into()
}

/// Decodes numbers of rows.
pub(crate) fn read_rows(run_id: RunId, first: i64, bytes: &[u8]) -> Result<Vec<i64>> {
    let mut rows = Vec::new();
    let (mut row, mut distance, mut shift) = (first, 0_i64, 0_u32);
    for byte in bytes {
        if shift > 56 {
            return Err(StorageError::corrupt("journal index", run_id, "a number is too long"));
        }
        distance |= i64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            row += distance;
            rows.push(row);
            (distance, shift) = (0, 0);
        }
    }
    if shift != 0 {
        return Err(StorageError::corrupt("journal index", run_id, "it is cut short"));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn rows_read_back(mut rows in prop::collection::vec(0..i64::MAX / 8192, 1..50)) {
            rows.sort_unstable();
            rows.dedup();
            let run_id = RunId::from_uuid(Uuid::nil());
            let bytes = write_rows(rows[0], &rows);
            prop_assert_eq!(read_rows(run_id, rows[0], &bytes).unwrap(), rows);
        }
    }

    #[test]
    fn cut_bytes_are_refused() {
        let run_id = RunId::from_uuid(Uuid::nil());
        assert!(read_rows(run_id, 1, &[0x80]).is_err());
        assert!(read_rows(run_id, 1, &[0xff; 10]).is_err());
    }
}
