//! Brings a run into being: one append, then the worker or a hint to somebody else's.

use gathering_domain::{Priority, ProjectId, RunId, RunStatus, Timestamp};
use gathering_engine::{Entry, EntryBody, LedgerChange, Limits, Lineage, Payload, RunStarted};
use gathering_storage::{
    Append, AppendError, IDEMPOTENCY_CONSTRAINT, Idempotency, IdempotencyRow, NewRun,
    RETRIED_CONSTRAINT, RETRY_CONSTRAINT, RunLimit,
    definitions::OUTDATED_CONSTRAINT,
    deliveries::{DELIVERY_CONSTRAINT, DeliveryStart, SENT_BY_ANOTHER_CONSTRAINT},
    find_retry, find_run,
    quotas::RUNS_QUOTA_CONSTRAINT,
    schedules::fires::FireStart,
    starters::Starter,
};

use super::{RunSummary, Runs, Started, Trigger, retry::already_retried};
use crate::{
    AdmittedRun, Error, Permit, Result,
    webhooks::{machine::DeliveryMachine, under_way},
};

/// What a start adds to what runs.
#[derive(Clone)]
pub(super) struct NewStart {
    pub(super) run_id: RunId,
    pub(super) input: Payload,
    pub(super) trigger: Trigger,
    pub(super) limits: Limits,
    /// Limits beside those of what runs.
    pub(super) places: Vec<RunLimit>,
    pub(super) priority: Option<Priority>,
    /// What it has from the run that started it, if one did.
    pub(super) above: Option<Lineage>,
    pub(super) idempotency: Option<Idempotency>,
    /// Of which fire of a schedule it is the run.
    pub(super) fire: Option<FireStart>,
    /// Which trigger or hook it is of.
    pub(super) starter: Option<Starter>,
    /// Which delivery of an event it sends.
    pub(super) delivery: Option<Box<DeliveryStart>>,
}

/// What a retry takes over from the run before it.
#[derive(Default)]
pub(super) struct Inherited {
    pub(super) entries: Vec<(Timestamp, EntryBody)>,
    pub(super) ledger: Vec<LedgerChange>,
}

impl Runs<'_> {
    /// Creates a run with its first entry alone; `None` if its definition was remembered, and has
    /// changed since.
    pub(super) async fn create(
        &self,
        run: NewRun,
        behaviour: u32,
        definition: Payload,
        input: Payload,
        limits: Limits,
    ) -> Result<Option<Started>> {
        let started = RunStarted {
            machine: run.machine.clone(),
            behaviour,
            definition,
            input,
            actor: run.actor,
            trigger: run.trigger.clone(),
            limits,
            origin: run.origin.clone(),
        };
        self.create_with(run, started, Inherited::default()).await
    }

    /// Creates a run: owned by this instance if its worker has room, else for anyone to claim; `None` if
    /// its definition was remembered, and has changed since.
    pub(super) async fn create_with(
        &self,
        mut run: NewRun,
        started: RunStarted,
        inherited: Inherited,
    ) -> Result<Option<Started>> {
        let inner = &self.app.inner;
        // What brings an event to a webhook is the server's own work, a retry of it included.
        if run.machine != DeliveryMachine::NAME {
            run.counted = Box::pin(self.app.counted_run(run.project_id)).await?;
        }
        let now = self.app.now();
        // A run with a limit is always left to be claimed, so that the limit is counted in one place.
        let permit = if run.limits.is_empty() { inner.admission.try_admit() } else { None };
        run.deadline = started.limits.timeout.map(|timeout| now + timeout);
        let instance = inner.writer.instance();
        run.owner = permit.as_ref().map(|_| instance);
        let first = (now, EntryBody::RunStarted(Box::new(started)));
        let bodies = std::iter::once(first).chain(inherited.entries);
        let journal: Vec<Entry> =
            (0..).zip(bodies).map(|(seq, (at, body))| Entry { seq, at, body }).collect();
        let (run_id, project_id, priority) = (run.id, run.project_id, run.priority);
        let (asked, retry_of) = (run.idempotency.clone(), run.origin.retry_of);
        let counted = run.counted;
        let mut summary = RunSummary::created(&run, now);
        let mut append = Append::create(instance, now, run, journal.clone());
        append.ledger = inherited.ledger;
        match inner.writer.append(append).await {
            Ok(appended) => {
                if appended.owned {
                    (summary.status, summary.started_at) = (RunStatus::Running, Some(now));
                }
                let permit = permit.filter(|_| appended.owned);
                self.hand_over((run_id, project_id, priority), journal, permit);
            }
            Err(AppendError::Conflict { constraint }) if constraint == OUTDATED_CONSTRAINT => {
                return Ok(None);
            }
            Err(AppendError::Conflict { constraint }) if constraint == IDEMPOTENCY_CONSTRAINT => {
                let asked = asked.ok_or(Error::defect("name the key that was taken"))?;
                let earlier = self.app.made_before(project_id, Some(&asked)).await?;
                let earlier = earlier.ok_or(Error::defect("find the start before this one"))?;
                return self.started_before(project_id, &earlier).await.map(Some);
            }
            Err(AppendError::Conflict { constraint }) if constraint == RETRY_CONSTRAINT => {
                let earlier = retry_of.ok_or(Error::defect("name the run that is retried"))?;
                let retry = find_retry(earlier).first(self.app.database()).await?;
                let retry = retry.ok_or(Error::defect("find the retry before this one"))?;
                return Err(already_retried(retry.id));
            }
            Err(AppendError::Conflict { constraint }) if constraint == RUNS_QUOTA_CONSTRAINT => {
                let counted = counted.ok_or(Error::defect("name the quota that is used up"))?;
                return Err(self.app.no_more_runs(counted.most));
            }
            Err(AppendError::Conflict { constraint }) if constraint == RETRIED_CONSTRAINT => {
                let earlier = retry_of.ok_or(Error::defect("name the run that is retried"))?;
                return Err(Error::not_found("run", earlier));
            }
            Err(AppendError::Conflict { constraint })
                if [DELIVERY_CONSTRAINT, SENT_BY_ANOTHER_CONSTRAINT].contains(&&*constraint) =>
            {
                return Err(under_way());
            }
            // Whether the run exists is known by looking: nothing else could have made it.
            Err(error) if error.outcome_unknown() => {
                let row = find_run(run_id).first(self.app.database()).await?;
                let Some(row) = row else { return Err(error.into()) };
                let permit = permit.filter(|_| row.owner == Some(instance));
                self.hand_over((run_id, project_id, priority), journal, permit);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Some(Started { run: summary, fresh: true }))
    }

    /// The run that an earlier request with the same key started, as it is now.
    pub(super) async fn started_before(
        &self,
        project_id: ProjectId,
        earlier: &IdempotencyRow,
    ) -> Result<Started> {
        let row = self.row(project_id, RunId::from_uuid(earlier.target_id)).await?;
        Ok(Started { run: row.into(), fresh: false })
    }

    fn hand_over(
        &self,
        (run_id, project_id, priority): (RunId, ProjectId, i64),
        journal: Vec<Entry>,
        permit: Option<Permit>,
    ) {
        // The one line that has the ids of both the request and the run.
        tracing::info!(run.id = %run_id, "accepted a run");
        let admission = &self.app.inner.admission;
        match permit {
            Some(permit) => {
                admission.hand_over(AdmittedRun { run_id, project_id, priority, journal, permit });
            }
            // A hint only: a worker that misses it finds the run at its next look.
            None => admission.wake(run_id, None),
        }
    }
}
