//! The row of a run: how it comes to be, and how it changes with an append.

use gathering_database::{Statement, Value, params};
use gathering_domain::{ApiKeyId, InstanceId, RunId, RunStatus, Timestamp, Usage};
use gathering_engine::Outcome;

use super::{
    super::{
        append::{Append, RunChange},
        batch::Batch,
        purpose::Purpose,
    },
    Prepared, Stage,
};
use crate::{
    AppendError, StorageError,
    actor::actor_text,
    audit,
    blobs::BlobHash,
    budgets, definitions, deliveries, idempotency, inbox, quotas,
    runs::{self, NewRun, RunLimit},
    schedules::fires,
    statement::Write,
};

impl Prepared {
    pub(super) fn change(
        &mut self,
        append: &Append,
        last_blob: Option<BlobHash>,
    ) -> Result<(), AppendError> {
        let (id, order) = (append.run_id, (Stage::Runs, append.run_id.uuid()));
        let mut params = Vec::with_capacity(12);
        params.extend([Value::Uuid(id.uuid()), Value::Uuid(append.instance.uuid())]);
        params.extend(usage_params(append.usage));
        match &append.change {
            RunChange::None => {}
            RunChange::Create(run) => self.create(run, append.now),
            RunChange::Parked { waiting, wake_at, pokes_seen } => {
                params.extend(params![
                    *pokes_seen,
                    waiting.as_str(),
                    wake_at.map(Timestamp::micros)
                ]);
                self.marks.parked = Some(*waiting);
                let statement = Statement::new(runs::PARK, params).expecting(1).returning();
                self.plan(order, Purpose::Park(id), statement);
            }
            RunChange::Released => {
                params.extend(params![append.now.micros()]);
                let write = Write::new(runs::RELEASE, params).expecting(1);
                self.add(order, Purpose::Own(id), write);
            }
            RunChange::Finished { outcome } => {
                self.marks.ended = Some(outcome.status);
                let (inline, blob) = outcome_params(outcome, last_blob).map_err(|error| {
                    AppendError::Failed(StorageError::corrupt("outcome", id, error))
                })?;
                params.extend(params![outcome.status.as_str(), append.now.micros(), inline, blob]);
                let finish = (Batch::Finish, runs::FINISH);
                self.add_alike(order, Purpose::Own(id), finish, params);
                let (inbox, clear) = ((Stage::Inbox, id.uuid()), (Batch::Clear, inbox::CLEAR));
                self.add_alike(inbox, Purpose::Other, clear, params![id.uuid()]);
            }
        }
        Ok(())
    }

    pub(super) fn create(&mut self, run: &NewRun, now: Timestamp) {
        self.marks.started += 1;
        let owner = if run.limits.is_empty() { run.owner } else { None };
        let deadline = run.deadline.filter(|_| !run.limits.is_empty());
        let status = if owner.is_some() { RunStatus::Running } else { RunStatus::Queued };
        let actor = serde_json::to_string(&run.actor).expect("an actor is JSON");
        let (parent, parent_key) =
            run.origin.parent.as_ref().map(|link| (link.run_id.uuid(), link.key.as_str())).unzip();
        let params = params![
            run.id.uuid(),
            run.project_id.uuid(),
            actor,
            run.machine.as_str(),
            run.title.as_str(),
            run.trigger.as_str(),
            run.definition_id,
            run.definition_version_id,
            status.as_str(),
            owner.map(InstanceId::uuid),
            owner.is_none().then_some(now.micros()),
            run.priority,
            RunLimit::write(&run.limits),
            RunLimit::first_lane(&run.limits),
            parent,
            parent_key,
            run.origin.root.uuid(),
            run.first_run_id.uuid(),
            run.origin.retry_of.map(RunId::uuid),
            now.micros(),
            owner.map(|_| now.micros()),
            deadline.map(Timestamp::micros),
            run.origin.api_key_id.map(ApiKeyId::uuid),
            run.origin.private_to.map(actor_text),
        ];
        if let Some((id, version)) = run.still_at {
            let order = (Stage::Definitions, id);
            self.plan(order, Purpose::Definition(id, version), definitions::still_at(id, version));
        }
        if let Some(earlier) = run.origin.retry_of.filter(|_| run.origin.parent.is_none()) {
            let stays =
                Statement::new(runs::STAYS, params![earlier.uuid()]).expecting(1).returning();
            self.plan((Stage::Runs, earlier.uuid()), Purpose::Retried, stays);
        }
        let purpose = Purpose::Create { owned: owner.is_some() };
        let insert = (Batch::Create, runs::INSERT);
        self.add_alike((Stage::Runs, run.id.uuid()), purpose, insert, params);
        if let Some(budget) = run.budget {
            let insert = budgets::insert(run.id, budget, run.on_cost);
            self.add((Stage::Budgets, run.id.uuid()), Purpose::Other, insert);
        }
        if let Some(counted) = run.counted {
            let order = (Stage::Keys, run.project_id.uuid());
            self.add(order, Purpose::Quota, quotas::count_run(run.project_id, counted));
        }
        if let Some(fire) = &run.fire {
            for write in fires::begin(fire, run.id) {
                self.add((Stage::Schedules, fire.of().1.uuid()), Purpose::Fire, write);
            }
        }
        if let Some(starter) = run.starter {
            self.plan((Stage::Starters, starter.id()), Purpose::Starter, starter.stands());
        }
        if let Some(delivery) = &run.delivery {
            let order = (Stage::Deliveries, delivery.id().uuid());
            self.add(order, Purpose::Deliver, deliveries::begin(&delivery.step, run.id));
            if let Some(record) = &delivery.record {
                let order = (Stage::Audit, run.id.uuid());
                self.add(order, Purpose::Other, audit::record(record.clone()));
            }
        }
        if let Some(idempotency) = &run.idempotency {
            let take =
                idempotency::take_idempotency_key(run.project_id, idempotency, run.id.uuid(), now);
            self.add((Stage::Keys, run.id.uuid()), Purpose::Other, take);
        }
    }
}

/// The figures of a run's row; absent ones leave the row's as they are.
fn usage_params(usage: Option<Usage>) -> [Value; 6] {
    let Some(usage) = usage else { return [const { Value::Null }; 6] };
    let count = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    [
        count(usage.tokens.input),
        count(usage.tokens.output),
        Value::Int(usage.cost.known.0),
        count(usage.cost.unpriced_calls),
        count(usage.model_calls),
        count(usage.tool_calls),
    ]
}

/// How a run's row keeps its end: as JSON if small, else as the blob of the run's last entry.
fn outcome_params(
    outcome: &Outcome,
    last_blob: Option<BlobHash>,
) -> serde_json::Result<(Option<String>, Option<Vec<u8>>)> {
    match last_blob {
        Some(hash) => Ok((None, Some(hash.0.to_vec()))),
        None => Ok((Some(serde_json::to_string(outcome)?), None)),
    }
}
