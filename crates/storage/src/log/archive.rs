//! Takes entries out of a row of the log, and leaves the others where they are.

use gathering_domain::{ProjectId, RunId};
use uuid::Uuid;

use super::frame::{FORMAT, encode_section, sections};
use super::read::LogRow;
use crate::{Result, StorageError};

/// What of a row belongs to runs that are kept: its `runs` and its `entries`; nothing if none is. Each
/// entry keeps its index.
pub(crate) fn without(
    row: &LogRow,
    keeps: impl Fn(RunId) -> bool,
) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let (mut runs, mut entries, mut gone, mut any) = (vec![FORMAT], Vec::new(), 0, false);
    let hole = |count: u16, runs: &mut Vec<u8>| {
        if count > 0 {
            let nobody = Uuid::nil();
            encode_section(RunId::from_uuid(nobody), ProjectId::from_uuid(nobody), count, 0, runs);
        }
    };
    for section in sections(row.id, &row.runs)? {
        if section.is_gone() || !keeps(section.run_id) {
            gone += section.count;
            continue;
        }
        hole(std::mem::take(&mut gone), &mut runs);
        any = true;
        let end = section.offset + section.bytes as usize;
        let bytes = row.entries.get(section.offset..end);
        let cut = || StorageError::corrupt("log row", row.id, "its entries are cut short");
        encode_section(section.run_id, section.project_id, section.count, section.bytes, &mut runs);
        entries.extend_from_slice(bytes.ok_or_else(cut)?);
    }
    Ok(any.then_some((runs, entries)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_where_it_is() {
        let run = |n: u128| RunId::from_uuid(Uuid::from_u128(n));
        let project = ProjectId::from_uuid(Uuid::from_u128(9));
        let mut runs = vec![FORMAT];
        for (id, count, bytes) in [(1, 2, 3), (2, 5, 4), (3, 1, 2), (1, 1, 1)] {
            encode_section(run(id), project, count, bytes, &mut runs);
        }
        let entries = bytes::Bytes::from_static(b"aaabbbbccd");
        let row = LogRow { id: 7, runs: runs.into(), entries };
        assert_eq!(without(&row, |_| false).unwrap(), None);
        let (runs, entries) = without(&row, |id| id == run(1)).unwrap().unwrap();
        let kept = LogRow { id: 7, runs: runs.into(), entries: entries.into() };
        assert_eq!(&kept.entries[..], b"aaad");
        let found: Vec<_> = sections(7, &kept.runs).unwrap().collect();
        let shape = found.iter().map(|s| (s.run_id, s.index, s.count, s.offset, s.bytes));
        let nobody = RunId::from_uuid(Uuid::nil());
        assert_eq!(
            shape.collect::<Vec<_>>(),
            [(run(1), 0, 2, 0, 3), (nobody, 2, 6, 3, 0), (run(1), 8, 1, 3, 1)]
        );
        // Once more changes nothing, and without the rest nothing is left.
        let again = without(&kept, |id| id == run(1)).unwrap().unwrap();
        assert_eq!((again.0.as_slice(), again.1.as_slice()), (&kept.runs[..], &kept.entries[..]));
        assert_eq!(without(&kept, |id| id != run(1)).unwrap(), None);
    }
}
