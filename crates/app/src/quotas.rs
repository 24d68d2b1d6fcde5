//! What a project may use at most, and what it has used.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use gathering_domain::{Duration, ProjectId, Timestamp};
use gathering_storage::quotas::{self as rows, CountedRun, QuotasRow};

use crate::{App, Error, Result};

/// How long quotas are believed: so soon a change holds on every instance.
const FRESH: Duration = Duration::from_secs(1);
/// How many projects' quotas are kept; for one more, all are read again.
const MOST: usize = 1_000;

/// What a project may use at most; without a number there is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Runs that are started on one day, UTC. Those that another run starts count with that.
    pub runs_per_day: Option<u64>,
    /// Bytes of its artifacts.
    pub artifact_bytes: Option<u64>,
}

/// What a project has used of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Runs of this day; they are counted where there is a quota of them.
    pub runs_today: Option<u64>,
    /// Bytes of its artifacts.
    pub artifact_bytes: u64,
}

/// Quotas that were read a moment ago.
#[derive(Default)]
pub(crate) struct KnownQuotas(Mutex<HashMap<ProjectId, (Quotas, Timestamp)>>);

impl KnownQuotas {
    /// Forgets a project's, so that a change holds here at once.
    pub(crate) fn forget(&self, id: ProjectId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    fn fresh(&self, id: ProjectId, now: Timestamp) -> Option<Quotas> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (quotas, read) = known.get(&id)?;
        (*read <= now && now.since(*read) < FRESH).then_some(*quotas)
    }

    fn learn(&self, id: ProjectId, quotas: Quotas, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&id) {
            known.clear();
        }
        known.insert(id, (quotas, now));
    }
}

impl App {
    /// How a run that starts now is counted, if its project has a quota of them. Refuses one for which there
    /// is no room; whether there is some until then is found out as it is counted.
    pub(crate) async fn counted_run(&self, id: ProjectId) -> Result<Option<CountedRun>> {
        let Some(most) = self.quotas(id).await?.runs_per_day else { return Ok(None) };
        let day = rows::day_of(self.now());
        let used = rows::used(id, day).first(self.database()).await?;
        // On a day of which nothing is counted yet there were none.
        if used.and_then(|used| used.runs).unwrap_or_default() >= most {
            return Err(self.no_more_runs(most));
        }
        Ok(Some(CountedRun { day, most }))
    }

    /// Says that the project's runs of this day are used up.
    pub(crate) fn no_more_runs(&self, most: u64) -> Error {
        let now = self.now();
        let retry_after = rows::day_after(now).since(now);
        Error::Quota { what: "runs of this project in a day", most, retry_after }
    }

    /// What a project has used.
    pub(crate) async fn used(&self, id: ProjectId) -> Result<Used> {
        let found = rows::used(id, rows::day_of(self.now())).first(self.database()).await?;
        let quotas = self.quotas(id).await?;
        let found = found.unwrap_or_default();
        let runs_today = quotas.runs_per_day.map(|_| found.runs.unwrap_or_default());
        Ok(Used { runs_today, artifact_bytes: found.artifact_bytes })
    }

    async fn quotas(&self, id: ProjectId) -> Result<Quotas> {
        let (now, known) = (self.now(), &self.inner.known_quotas);
        if let Some(quotas) = known.fresh(id, now) {
            return Ok(quotas);
        }
        let found = rows::of_project(id).first(self.database()).await?;
        let quotas = found.map(Quotas::from).unwrap_or_default();
        known.learn(id, quotas, now);
        Ok(quotas)
    }
}

impl From<QuotasRow> for Quotas {
    fn from(row: QuotasRow) -> Self {
        let QuotasRow { runs_per_day, artifact_bytes } = row;
        Self { runs_per_day, artifact_bytes }
    }
}

impl From<Quotas> for QuotasRow {
    fn from(quotas: Quotas) -> Self {
        let Quotas { runs_per_day, artifact_bytes } = quotas;
        Self { runs_per_day, artifact_bytes }
    }
}
