//! A flush: the appends of several callers as one unit.

use bytes::Bytes;
use gathering_database::{Statement, Unit, Value, params};
use gathering_domain::{InstanceId, RunId};

use super::Job;
use crate::log::prepare::Planned;
use crate::log::purpose::Purpose;
use crate::log::{self, batch::Batch, pack::Packer};

/// A unit that is made of several appends, and where each finds its results.
pub(super) struct Flush {
    pub(super) unit: Unit,
    /// Purpose of each statement, in order, with the number of its append and of the statement in the
    /// unit.
    pub(super) purposes: Vec<(usize, Purpose, usize)>,
    /// Number of the statement that inserts the first row of the log.
    pub(super) first_row: usize,
    pub(super) rows: usize,
    /// Where the first and the last entry of each append stand: row and index.
    pub(super) places: Vec<Option<[(usize, usize); 2]>>,
}

impl Flush {
    /// Puts statements of one kind together if that is worth it here (`batches`).
    pub(super) fn of(jobs: &[Job], fence: Option<InstanceId>, batches: bool) -> Self {
        let batches = batches && jobs.len() > 1;
        let mut planned = Vec::new();
        let mut packer = Packer::default();
        let mut places = Vec::new();
        for (number, append) in jobs.iter().map(|job| &job.prepared).enumerate() {
            planned.extend(append.statements.iter().map(|statement| (number, statement)));
            let own = RunId::from_uuid(append.run_id);
            let mut place: Option<[(usize, usize); 2]> = None;
            for chunk in &append.chunks {
                let first = packer.push(chunk);
                if chunk.run_id == own {
                    let last = (first.0, first.1 + usize::from(chunk.count) - 1);
                    place = Some([place.map_or(first, |[earliest, _]| earliest), last]);
                }
            }
            places.push(place);
        }
        planned.sort_by_key(|(_, statement)| statement.order);
        let mut unit = Unit::new();
        if let Some(instance) = fence {
            unit = unit.guard(log::FENCE, params![instance.uuid()]);
        }
        let mut purposes = Vec::with_capacity(planned.len());
        let mut alike: [Vec<(usize, &Planned)>; 3] = Default::default();
        if batches {
            planned.retain(|(number, planned)| {
                let Some((batch, _)) = &planned.batch else { return true };
                alike[*batch as usize].push((*number, *planned));
                false
            });
        }
        let [creates, finishes, clears] = &alike;
        for (batch, alike) in [(Batch::Create, creates), (Batch::Finish, finishes)] {
            push_alike(batch, alike, &mut unit, &mut purposes);
        }
        for (number, planned) in planned {
            let statement = unit.push(planned.statement.clone());
            purposes.push((number, planned.purpose, statement));
        }
        push_alike(Batch::Clear, clears, &mut unit, &mut purposes);
        let (first_row, rows) = (unit.len(), packer.rows.len());
        for row in packer.rows {
            let count = i64::try_from(row.count).unwrap_or(i64::MAX);
            let params = params![count, Bytes::from(row.runs), Bytes::from(row.entries)];
            unit.push(Statement::new(log::INSERT, params).returning());
        }
        Self { unit, purposes, first_row, rows, places }
    }
}

/// Puts statements of one kind together.
fn push_alike(
    batch: Batch,
    alike: &[(usize, &Planned)],
    unit: &mut Unit,
    purposes: &mut Vec<(usize, Purpose, usize)>,
) {
    if alike.is_empty() {
        return;
    }
    let rows: Vec<&[Value]> = alike
        .iter()
        .filter_map(|(_, planned)| planned.batch.as_ref().map(|(_, row)| row.as_slice()))
        .collect();
    let statement = unit.push(batch.statement(rows.into_iter()));
    purposes.extend(alike.iter().map(|(number, planned)| (*number, planned.purpose, statement)));
}
