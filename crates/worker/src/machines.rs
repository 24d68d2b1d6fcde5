//! From a run's first entry to the machine that decides in it.

use std::panic::AssertUnwindSafe;

use futures::future::BoxFuture;
use gathering_domain::{Failure, ProjectId, RunId};
use gathering_engine::{
    ChildSpec, CorruptJournal, Decision, Entry, EntryBody, Execution, Facts, Key, Machine, Outcome,
    Payload, RunStarted,
};
use gathering_storage::RunLimit;

/// Entries up to which a journal is replayed where it is: above, the replay would hold up what else
/// its thread has to do, the instance's beats among it.
const LONG_JOURNAL: usize = 512;

/// Makes machines: one for each kind of run that this instance can drive.
pub trait Machines: Send + Sync {
    /// The machine of a run of the project, before its first entry. A failure that a retry may mend leaves the run
    /// for a later look; any other ends it.
    fn build<'a>(
        &'a self,
        project_id: ProjectId,
        started: &'a RunStarted,
    ) -> BoxFuture<'a, Result<Box<dyn Machine>, BuildError>>;

    /// What the first entry of a child run says of its definition.
    fn child_definition(
        &self,
        parent: &RunStarted,
        child: &ChildSpec,
    ) -> Result<Payload, BuildError>;

    /// Within which limits a child run is at work; none unless it is said.
    fn child_limits<'a>(
        &'a self,
        _project_id: ProjectId,
        _child: &'a ChildSpec,
    ) -> BoxFuture<'a, Result<Vec<RunLimit>, BuildError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// Why there is no machine for a run.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The definition could not be read just now.
    #[error("could not read the definition of the run")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A newer version of the program began the run.
    #[error("the run was begun by a newer version of the program")]
    Newer,
    /// There will never be one.
    #[error("no machine can decide in the run: {0}")]
    Impossible(Failure),
}

/// Why a run cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Its definition could not be read just now.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Its journal cannot be one.
    #[error(transparent)]
    Corrupt(#[from] CorruptJournal),
}

/// Folds a run. One whose definition cannot be used ends with that failure.
pub async fn fold(
    machines: &dyn Machines,
    project_id: ProjectId,
    run_id: RunId,
    entries: Vec<Entry>,
) -> Result<Execution, FoldError> {
    let machine = match entries.first().map(|entry| &entry.body) {
        Some(EntryBody::RunStarted(started)) => match machines.build(project_id, started).await {
            Ok(machine) => machine,
            Err(BuildError::Impossible(failure)) => Box::new(Unusable(failure)),
            Err(error) => return Err(error.into()),
        },
        _ => return Err(CorruptJournal::NoStart(run_id).into()),
    };
    if entries.len() <= LONG_JOURNAL {
        return Ok(replay(run_id, machine, entries)?);
    }
    match tokio::task::spawn_blocking(move || replay(run_id, machine, entries)).await {
        Ok(replayed) => Ok(replayed?),
        // Machines are guarded: this runtime is coming to its end.
        Err(error) => Err(BuildError::Unavailable(error.into()).into()),
    }
}

fn replay(
    run_id: RunId,
    machine: Box<dyn Machine>,
    entries: Vec<Entry>,
) -> Result<Execution, CorruptJournal> {
    match guarded(|| Execution::replay(run_id, machine, entries.iter().cloned())) {
        Ok(execution) => execution,
        Err(failure) => fold_failed(run_id, failure, entries),
    }
}

/// Folds a run that is to end with a failure, whatever its own machine wants.
pub(crate) fn fold_failed(
    run_id: RunId,
    failure: Failure,
    entries: Vec<Entry>,
) -> Result<Execution, CorruptJournal> {
    Execution::replay(run_id, Box::new(Unusable(failure)), entries)
}

/// Lets a machine think. A machine is a pure function, so one that panics would panic each time.
pub(crate) fn guarded<T>(think: impl FnOnce() -> T) -> Result<T, Failure> {
    std::panic::catch_unwind(AssertUnwindSafe(think)).map_err(|_| {
        Failure::fatal("machine_panicked", "a defect in the run's machine stopped the run")
    })
}

/// The machine of a run whose definition cannot be used: it ends the run and says why.
struct Unusable(Failure);

impl Machine for Unusable {
    fn apply(&mut self, _: &Entry) {}

    fn decide(&mut self, _: &Facts<'_>) -> Vec<Decision> {
        vec![Decision::Finish(Outcome::failed(self.0.clone()))]
    }

    fn carries(&self, _: &Key) -> bool {
        true
    }
}
