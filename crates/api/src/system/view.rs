//! The server itself, as clients read it.

use gathering_app::system::{Breaker, Info, Instance};
use gathering_domain::{InstanceId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::views::Time;

/// What the server is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SystemInfo)]
pub(crate) struct InfoView {
    /// The program's version.
    version: &'static str,
    /// `sqlite` or `postgresql`.
    database: &'static str,
    /// Whether the first owner exists.
    set_up: bool,
}

/// A server process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Instance)]
pub(crate) struct InstanceView {
    /// Its id.
    #[schema(value_type = String, example = "ins_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: InstanceId,
    /// Where it runs.
    name: String,
    /// The program's version.
    version: Option<String>,
    /// Address and port that it listens on; none of one that serves nobody.
    #[schema(example = "10.0.0.5:7400")]
    address: Option<String>,
    /// How many runs it drives now; those that wait for something are driven by nobody.
    runs: u64,
    /// How many it drives at most (`worker.max_concurrent_runs`).
    room: Option<u64>,
    /// Whether it may write.
    alive: bool,
    /// When it registered.
    started_at: Time,
    /// When it was heard last.
    seen_at: Option<Time>,
    /// When it was declared dead. It is listed for an hour from then on.
    died_at: Option<Time>,
}

/// A circuit breaker of the instance that answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Breaker)]
pub(crate) struct BreakerView {
    /// Whose runs it lets through.
    #[schema(value_type = String, example = "prj_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    project_id: ProjectId,
    /// What it guards: provider and model, host, server.
    target: String,
    /// `closed`, `open`, `half_open`.
    state: &'static str,
    /// When it lets a probe through, for an open one.
    retry_at: Option<Time>,
}

impl From<Info> for InfoView {
    fn from(info: Info) -> Self {
        let Info { version, database, set_up } = info;
        Self { version, database, set_up }
    }
}

impl From<Instance> for InstanceView {
    fn from(instance: Instance) -> Self {
        let Instance { id, name, version, address, runs, room, alive, .. } = instance;
        let (seen_at, died_at) =
            (instance.seen_at.map(Time::from), instance.died_at.map(Time::from));
        let started_at = instance.started_at.into();
        Self { id, name, version, address, runs, room, alive, started_at, seen_at, died_at }
    }
}

impl From<Breaker> for BreakerView {
    fn from(breaker: Breaker) -> Self {
        let Breaker { project_id, target, state, retry_at } = breaker;
        Self { project_id, target, state, retry_at: retry_at.map(Time::from) }
    }
}
