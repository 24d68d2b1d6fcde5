//! Reads the log for whoever follows one run and its descendants: their rows, and no others.

use std::collections::{BTreeSet, HashMap, HashSet};

use gathering_database::{Database, Reader, params};
use gathering_domain::{ProjectId, RunId};
use gathering_engine::EntryBody;

use super::append::Position;
use super::frame::sections;
use super::read::{LogEntry, LogPage, read_section};
use super::tail::LogTail;
use crate::projection::SectionsRow;
use crate::runs::journal::{ROWS_PER_QUERY, fetch_rows, rows_of};
use crate::{Result, log};

/// Up to so many runs are found one by one through the journal index; of more the log itself is asked
/// who is in which row.
const FEW: usize = 32;
/// Rows of the log that one read looks at for many runs.
const ROWS_PER_LOOK: usize = 256;

/// A run and its descendants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFamily {
    /// Their project.
    pub project_id: ProjectId,
    /// The run from which they descend.
    pub root: RunId,
    /// All that are known, the root included.
    pub runs: HashSet<RunId>,
    /// How many there may be; later ones are not followed.
    pub most: usize,
}

/// A part of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FamilyPage {
    /// Entries of the family, in order, and where to go on.
    pub page: LogPage,
    /// Descendants that nobody had named: theirs are among the entries.
    pub found: HashSet<RunId>,
}

/// Which rows hold what is wanted.
struct Finder {
    /// Rows to be read, rising.
    rows: BTreeSet<i64>,
    /// All wanted rows up to here are known.
    upto: i64,
    /// Who is in which row, where the log itself was asked.
    looked: Option<HashMap<RunId, Vec<i64>>>,
    /// Rows of one run that are found at a time.
    most: usize,
}

/// Reads entries of a family after a position, up to the last final row. `limit` bounds the entries,
/// except that a row is never cut.
pub async fn read_family_log(
    database: &Database,
    tail: &LogTail,
    after: Position,
    limit: usize,
    family: std::sync::Arc<RunFamily>,
) -> Result<FamilyPage> {
    let last = tail.last_row();
    if after >= Position::of(last + 1, 0) || last == 0 {
        let page = LogPage { next: after, ..LogPage::default() };
        return Ok(FamilyPage { page, ..FamilyPage::default() });
    }
    database.read(move |reader| read_page(reader, last, after, limit, &family)).await
}

fn read_page(
    reader: &mut Reader<'_>,
    last: i64,
    after: Position,
    limit: usize,
    family: &RunFamily,
) -> Result<FamilyPage> {
    let mut found = HashSet::new();
    let mut page = LogPage { next: after, ..LogPage::default() };
    // The row of the position itself may have entries behind it.
    let mut finder = Finder::open(reader, family, after.row(), last, limit.saturating_add(1))?;
    while let Some(batch) = finder.take(limit.saturating_add(1).min(ROWS_PER_QUERY)) {
        for row in &fetch_rows(reader, &batch)? {
            let mut children = Vec::new();
            for section in sections(row.id, &row.runs)? {
                let run_id = section.run_id;
                let follows = family.runs.contains(&run_id) || found.contains(&run_id);
                if !follows || section.project_id != family.project_id {
                    continue;
                }
                let read = page.entries.len();
                read_section(reader, row, &section, after, &mut page.entries)?;
                // A child begins in the append in which its parent says so, behind that.
                for child in page.entries[read..].iter().filter_map(child_of) {
                    let room = family.runs.len() + found.len() < family.most;
                    if room && !family.runs.contains(&child) && found.insert(child) {
                        children.push(child);
                    }
                }
            }
            page.next = page.next.max(end_of(row.id));
            if page.entries.len() >= limit {
                page.more = true;
                return Ok(FamilyPage { page, found });
            }
            if !children.is_empty() {
                finder.give_back(batch.iter().copied().filter(|id| *id > row.id));
                finder.find(reader, &children, row.id + 1)?;
                break;
            }
        }
    }
    page.next = page.next.max(end_of(finder.upto));
    page.more = finder.upto < last;
    Ok(FamilyPage { page, found })
}

fn child_of(entry: &LogEntry) -> Option<RunId> {
    match entry.entry.as_ref().ok().map(|entry| &entry.body) {
        Some(EntryBody::ChildStarted(child)) => Some(child.run_id),
        _ => None,
    }
}

/// The last position of a row.
const fn end_of(row: i64) -> Position {
    Position(Position::of(row + 1, 0).0 - 1)
}

impl Finder {
    fn open(
        reader: &mut Reader<'_>,
        family: &RunFamily,
        from: i64,
        last: i64,
        most: usize,
    ) -> Result<Self> {
        let mut finder = Self { rows: BTreeSet::new(), upto: last, looked: None, most };
        if family.runs.len() > FEW {
            finder.look(reader, family.root, from, last)?;
        }
        let runs: Vec<RunId> = family.runs.iter().copied().collect();
        finder.find(reader, &runs, from)?;
        Ok(finder)
    }

    /// Asks the log who is in which of its next rows. Nothing of a family comes before its root.
    fn look(&mut self, reader: &mut Reader<'_>, root: RunId, from: i64, last: i64) -> Result<()> {
        let begins = rows_of(reader, root, 0, 1)?.first().copied().unwrap_or(0);
        let behind = begins.max(from) - 1;
        let limit = i64::try_from(ROWS_PER_LOOK).unwrap_or(i64::MAX);
        let rows: Vec<SectionsRow> =
            reader.query(log::SECTIONS_AFTER, params![behind, last, limit])?;
        let mut looked: HashMap<RunId, Vec<i64>> = HashMap::new();
        for row in &rows {
            for section in sections(row.id, &row.runs)? {
                looked.entry(section.run_id).or_default().push(row.id);
            }
        }
        if rows.len() == ROWS_PER_LOOK {
            self.upto = rows.last().map_or(last, |row| row.id);
        }
        self.looked = Some(looked);
        Ok(())
    }

    /// Finds the rows of runs, from a row on.
    fn find(&mut self, reader: &mut Reader<'_>, runs: &[RunId], from: i64) -> Result<()> {
        for run_id in runs {
            if let Some(looked) = &self.looked {
                let rows = looked.get(run_id).into_iter().flatten();
                self.rows.extend(rows.filter(|row| **row >= from));
                continue;
            }
            let rows = rows_of(reader, *run_id, from, self.most)?;
            if rows.len() == self.most {
                self.upto = rows.last().map_or(self.upto, |row| self.upto.min(*row));
            }
            self.rows.extend(rows);
        }
        Ok(())
    }

    /// The next rows to be read; none if there are none up to where all are known.
    fn take(&mut self, most: usize) -> Option<Vec<i64>> {
        let batch: Vec<i64> = self.rows.range(..=self.upto).copied().take(most).collect();
        for row in &batch {
            self.rows.remove(row);
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn give_back(&mut self, rows: impl Iterator<Item = i64>) {
        self.rows.extend(rows);
    }
}
