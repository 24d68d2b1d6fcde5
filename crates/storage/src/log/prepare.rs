//! Turns an append into bytes and statements, in the caller's task.

mod money;
mod run_row;

use gathering_database::{Sql, Statement, Value, params};
use gathering_domain::{InstanceId, ProjectId, RunId, RunStatus, Timestamp, Waiting};
use gathering_engine::{ChildSettled, Entry, LedgerChange, ParentLink};
use uuid::Uuid;

use super::append::{Append, ENTRIES_PER_ROW, NewChildRun, RunChange};
use super::batch::Batch;
use super::frame::{BODY_LEVELS_MAX, INLINE_BODY_MAX, Unwritable, encode_entry};
use super::pack::{Chunk, ROW_BYTES_MAX};
use super::purpose::Purpose;
use crate::blobs::{self, BLOB_BYTES_MAX, BlobHash};
use crate::runs;
use crate::statement::Write;
use crate::{
    AppendError, InboxMessage, StorageError, approvals,
    audit::{self, Record},
    budgets, inbox, ledger, schedules,
};

/// The most bytes of one append, blobs included.
pub(crate) const APPEND_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An append, ready to be put into a transaction with others.
#[derive(Debug, Default, Clone)]
pub(crate) struct Prepared {
    /// On whose behalf; `None` for what anybody may write.
    pub(crate) instance: Option<InstanceId>,
    pub(crate) run_id: Uuid,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) statements: Vec<Planned>,
    pub(crate) bytes: usize,
    pub(crate) marks: Marks,
}

/// What an append means for whoever counts runs.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Marks {
    pub(crate) started: u64,
    pub(crate) ended: Option<RunStatus>,
    pub(crate) parked: Option<Waiting>,
}

/// A statement with its place in the transaction.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) order: (Stage, Uuid),
    pub(crate) purpose: Purpose,
    pub(crate) statement: Statement,
    /// With its parameters, if it can be put together with others of its kind.
    pub(crate) batch: Option<(Batch, Vec<Value>)>,
}

/// The order in which a transaction of the log takes its locks, the same everywhere, so that no two
/// wait for each other in a circle; within a stage by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Takes no lock. What fails here has done nothing yet.
    Definitions,
    Blobs,
    Keys,
    Budgets,
    Grants,
    Approvals,
    Ledger,
    Runs,
    Inbox,
    Schedules,
    Starters,
    Deliveries,
    /// Asks nobody, and comes after what it tells of.
    Audit,
}

/// Encodes an append.
pub(crate) fn prepare(append: Append) -> Result<Prepared, AppendError> {
    let mut prepared = Prepared {
        instance: Some(append.instance),
        run_id: append.run_id.uuid(),
        ..Prepared::default()
    };
    prepared.statements.reserve(4);
    let (run_id, project_id, now) = (append.run_id, append.project_id, append.now);
    let last_blob = prepared.entries(run_id, project_id, &append.entries)?;
    prepared.change(&append, last_blob)?;
    for NewChildRun { run, entries, ledger } in &append.children {
        prepared.create(run, now);
        prepared.entries(run.id, run.project_id, entries)?;
        prepared.ledger(run.id, run.project_id, ledger, now);
    }
    for cancel in append.cancel {
        let message = InboxMessage::Cancel { actor: cancel.actor, reason: cancel.reason };
        prepared.tell(cancel.run_id, &message, now);
    }
    prepared.ledger(run_id, project_id, &append.ledger, now);
    for approval in &append.approvals_opened {
        prepared.add(
            (Stage::Approvals, run_id.uuid()),
            Purpose::Other,
            approvals::insert(project_id, run_id, approval, now),
        );
        for decider in approvals::insert_deciders(approval) {
            prepared.add((Stage::Approvals, run_id.uuid()), Purpose::Other, decider);
        }
    }
    for (key, reason) in &append.approvals_closed {
        prepared.add(
            (Stage::Approvals, run_id.uuid()),
            Purpose::Other,
            approvals::close(run_id, key, *reason, now),
        );
    }
    for (budget, delta) in append.spend.iter().flat_map(budgets::each) {
        let spend = budgets::spend(budget, delta);
        prepared.add((Stage::Budgets, budget.uuid()), Purpose::Other, spend);
    }
    if let Some(grants) = &append.grants {
        let ends = matches!(append.change, RunChange::Finished { .. });
        prepared.grants((run_id, append.instance), grants, ends);
    }
    for key in append.inbox_done {
        prepared.add(
            (Stage::Inbox, run_id.uuid()),
            Purpose::Other,
            Write::new(inbox::DELETE, params![run_id.uuid(), key]),
        );
    }
    if let Some(recovered) = append.recovered {
        let params =
            params![run_id.uuid(), append.instance.uuid(), recovered.recoveries, recovered.seq];
        let write = Write::new(runs::RECOVERED, params).expecting(1);
        prepared.add((Stage::Runs, run_id.uuid()), Purpose::Own(run_id), write);
    }
    if let Some((ParentLink { run_id: parent, .. }, settled)) = append.settle_parent {
        prepared.child_settled(parent, settled, now);
    }
    if let Some(schedule) = append.ends_fire_of {
        let heed = schedules::heed(schedule, now);
        prepared.add((Stage::Schedules, schedule.uuid()), Purpose::Other, heed);
    }
    if prepared.bytes > APPEND_BYTES_MAX {
        return Err(too_large(prepared.bytes));
    }
    Ok(prepared)
}

impl Prepared {
    /// Something that anybody may tell a run.
    pub(crate) fn poke(run_id: RunId, message: &InboxMessage, now: Timestamp) -> Self {
        let mut prepared = Self { run_id: run_id.uuid(), ..Self::default() };
        prepared.tell(run_id, message, now);
        let held = Statement::new(inbox::HELD, params![run_id.uuid(), message.key()]).returning();
        prepared.plan((Stage::Inbox, run_id.uuid()), Purpose::Held, held);
        prepared
    }

    pub(crate) fn add(&mut self, order: (Stage, Uuid), purpose: Purpose, write: Write) {
        self.plan(order, purpose, Statement::from(write));
    }

    /// Adds a statement that can be put together with others of its kind.
    fn add_alike(
        &mut self,
        order: (Stage, Uuid),
        purpose: Purpose,
        kind: (Batch, Sql),
        params: Vec<Value>,
    ) {
        let (batch, sql) = kind;
        let mut statement = Statement::new(sql, params.clone());
        if batch == Batch::Finish {
            statement = statement.expecting(1);
        }
        let batch = Some((batch, params));
        self.statements.push(Planned { order, purpose, statement, batch });
    }

    fn plan(&mut self, order: (Stage, Uuid), purpose: Purpose, statement: Statement) {
        self.statements.push(Planned { order, purpose, statement, batch: None });
    }

    /// Encodes entries of a run, cut where a row of the log ends. Answers the blob of the last one.
    fn entries(
        &mut self,
        run_id: RunId,
        project_id: ProjectId,
        entries: &[Entry],
    ) -> Result<Option<BlobHash>, AppendError> {
        let mut last_blob = None;
        let mut out = Vec::with_capacity(entries.len() * 256);
        let mut count = 0_u16;
        for entry in entries {
            let blob = encode_entry(entry, &mut out).map_err(|why| match why {
                Unwritable::TooDeep => AppendError::TooDeep { levels: BODY_LEVELS_MAX },
                Unwritable::NotJson(error) => {
                    AppendError::Failed(StorageError::corrupt("entry", run_id, error))
                }
            })?;
            count += 1;
            last_blob = blob.as_ref().map(|blob| blob.hash);
            if let Some(blob) = blob {
                if blob.size > BLOB_BYTES_MAX as u64 {
                    return Err(too_large(usize::try_from(blob.size).unwrap_or(usize::MAX)));
                }
                self.bytes += blob.stored_bytes();
                let mut order = [0; 16];
                order.copy_from_slice(&blob.hash.0[..16]);
                self.add(
                    (Stage::Blobs, Uuid::from_bytes(order)),
                    Purpose::Other,
                    blobs::insert_blob(&blob),
                );
                self.add(
                    (Stage::Blobs, Uuid::from_bytes(order)),
                    Purpose::Other,
                    blobs::refer(run_id, blob.hash),
                );
            }
            if usize::from(count) == ENTRIES_PER_ROW
                || out.len() > ROW_BYTES_MAX - INLINE_BODY_MAX - 64
            {
                self.chunk(run_id, project_id, count, std::mem::take(&mut out));
                count = 0;
            }
        }
        if count > 0 {
            self.chunk(run_id, project_id, count, out);
        }
        Ok(last_blob)
    }

    fn chunk(&mut self, run_id: RunId, project_id: ProjectId, count: u16, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.chunks.push(Chunk { run_id, project_id, count, bytes: bytes.into() });
    }

    /// Records something of the poke, if its message is in the inbox by then.
    pub(crate) fn record_if_told(&mut self, run_id: RunId, message: &InboxMessage, record: Record) {
        let text = serde_json::to_string(message).expect("a message is JSON");
        self.bytes += record.content.len() + text.len();
        let order = (Stage::Audit, run_id.uuid());
        let write = audit::record_if_told(record, run_id, message.key(), text);
        self.add(order, Purpose::Other, write);
    }

    /// Whether one of its statements is for that.
    pub(crate) fn is_for(&self, purpose: Purpose) -> bool {
        self.statements.iter().any(|planned| planned.purpose == purpose)
    }

    fn ledger(
        &mut self,
        run_id: RunId,
        project_id: ProjectId,
        changes: &[LedgerChange],
        now: Timestamp,
    ) {
        for change in changes {
            let id = change.effect_id;
            let upsert = ledger::upsert(project_id, run_id, change, now);
            self.add((Stage::Ledger, id.uuid()), Purpose::Effect(id), upsert);
        }
    }

    fn child_settled(&mut self, parent: RunId, settled: ChildSettled, now: Timestamp) {
        self.tell(parent, &InboxMessage::Child(settled), now);
    }

    /// Puts a message into the inbox of a run that has not ended, and makes the run see it.
    pub(crate) fn tell(&mut self, run_id: RunId, message: &InboxMessage, now: Timestamp) {
        let ends = matches!(message, InboxMessage::Cancel { .. });
        let poke =
            Statement::new(runs::POKE, params![run_id.uuid(), now.micros(), ends]).returning();
        self.plan((Stage::Runs, run_id.uuid()), Purpose::Tell(run_id), poke);
        let text = serde_json::to_string(message).expect("a message is JSON");
        self.bytes += text.len();
        let insert =
            Write::new(inbox::INSERT, params![run_id.uuid(), message.key(), text, now.micros()]);
        self.add((Stage::Inbox, run_id.uuid()), Purpose::Other, insert);
    }
}

fn too_large(bytes: usize) -> AppendError {
    AppendError::TooLarge { bytes, limit: APPEND_BYTES_MAX.min(BLOB_BYTES_MAX) }
}
