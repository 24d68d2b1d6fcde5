//! The port through which a run that was just accepted begins at once on this instance.

use std::{any::Any, fmt};

use gathering_domain::{InstanceId, ProjectId, RunId};
use gathering_engine::Entry;

/// Room on this instance's worker. Both calls return at once.
pub trait Admission: Send + Sync {
    /// A place for one more run, if there is one.
    fn try_admit(&self) -> Option<Permit>;

    /// Gives a run that is durable, and owned by this instance, to the worker.
    fn hand_over(&self, run: AdmittedRun);

    /// Hints that a run has news: its owner must look, or without an owner somebody may claim it.
    /// Whoever misses the hint finds out at its next look.
    fn wake(&self, run_id: RunId, owner: Option<InstanceId>);
}

/// A place on the worker; given back when it is dropped.
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] Box<dyn Any + Send + Sync>);

/// A run that this instance owns from its first entry on.
#[derive(Debug)]
pub struct AdmittedRun {
    /// The run.
    pub run_id: RunId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its place among the runs that wait; its children have the same.
    pub priority: i64,
    /// Its journal so far, so that the worker need not read it back.
    pub journal: Vec<Entry>,
    /// Its place.
    pub permit: Permit,
}

/// An instance without a worker: every run is queued for another.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWorker;

impl Permit {
    /// A place that `guard` gives back when it is dropped.
    pub fn new(guard: impl Any + Send + Sync) -> Self {
        Self(Box::new(guard))
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

impl Admission for NoWorker {
    fn try_admit(&self) -> Option<Permit> {
        None
    }

    fn hand_over(&self, _: AdmittedRun) {}

    fn wake(&self, _: RunId, _: Option<InstanceId>) {}
}
