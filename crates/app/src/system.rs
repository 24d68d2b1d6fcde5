//! The server itself: health, instances, breakers.

mod readiness;

use std::sync::atomic::Ordering;

use gathering_domain::{Duration, InstanceId, Permission, ProjectId, Timestamp};
use gathering_storage::{Engine, list_instances, users};

pub(crate) use readiness::Readiness;

use crate::{App, Caller, Result};

/// How long dead instances are listed.
const DEAD_LISTED: Duration = Duration::from_secs(3600);

/// Use cases of the server itself.
#[derive(Clone)]
pub struct System<'a> {
    pub(crate) app: &'a App,
}

/// What the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The program's version.
    pub version: &'static str,
    /// `sqlite` or `postgresql`.
    pub database: &'static str,
    /// Whether the first owner exists.
    pub set_up: bool,
}

/// Whether the server can take work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the database answers, with the schema that this program brought it to, and takes writes.
    pub database: bool,
    /// Whether this instance is about to stop.
    pub draining: bool,
}

/// A server process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Where it runs, for people.
    pub name: String,
    /// The program's version; nothing is known of those that began under an older one.
    pub version: Option<String>,
    /// Where it listens, if it does.
    pub address: Option<String>,
    /// How many runs it drives now.
    pub runs: u64,
    /// How many it drives at most.
    pub room: Option<u64>,
    /// Whether it may write.
    pub alive: bool,
    /// When it registered.
    pub started_at: Timestamp,
    /// When it was heard last.
    pub seen_at: Option<Timestamp>,
    /// When it was declared dead.
    pub died_at: Option<Timestamp>,
}

/// A circuit breaker of this instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    /// Whose runs it lets through.
    pub project_id: ProjectId,
    /// What it guards: provider and model, host, server.
    pub target: String,
    /// `closed`, `open`, `half_open`.
    pub state: &'static str,
    /// When it lets a probe through, for an open one.
    pub retry_at: Option<Timestamp>,
}

/// Shows the breakers of this instance; the worker has them.
pub trait Breakers: Send + Sync {
    /// All that are not as new.
    fn list(&self) -> Vec<Breaker>;
}

impl System<'_> {
    /// What the server is.
    pub async fn info(&self, caller: &Caller) -> Result<Info> {
        caller.require_here(Permission::Read)?;
        let (users,) = users::count().first(self.app.database()).await?.unwrap_or_default();
        let database = match self.app.database().engine() {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgresql",
        };
        Ok(Info { version: self.app.inner.version, database, set_up: users > 0 })
    }

    /// Whether the server can take work. Asked without a caller, and so by anybody: what the database
    /// answers is looked up once for all who ask at about the same time. That the server is about to
    /// stop is told at once.
    pub async fn health(&self) -> Health {
        let (inner, database) = (&self.app.inner, self.app.database());
        let answers = inner.readiness.answers(database, &*inner.clock).await;
        Health {
            database: answers && !database.broken().is_cancelled(),
            draining: inner.draining.load(Ordering::Relaxed),
        }
    }

    /// The server's processes; dead ones for an hour.
    pub async fn instances(&self, caller: &Caller) -> Result<Vec<Instance>> {
        caller.require_here(Permission::SystemRead)?;
        let since = self.app.before(DEAD_LISTED);
        let rows = list_instances(self.app.database(), since).await?;
        let instances = rows.into_iter().map(|row| Instance {
            id: row.id,
            name: row.name,
            version: row.version,
            address: row.address,
            runs: row.runs,
            room: row.room,
            alive: row.alive,
            started_at: row.started_at,
            seen_at: row.beat_at,
            died_at: row.died_at,
        });
        Ok(instances.collect())
    }

    /// The circuit breakers of this instance; none without a worker.
    pub fn breakers(&self, caller: &Caller) -> Result<Vec<Breaker>> {
        caller.require_here(Permission::SystemRead)?;
        Ok(self.app.inner.breakers.as_ref().map(|breakers| breakers.list()).unwrap_or_default())
    }
}

impl Health {
    /// Whether the server can take work.
    pub const fn ready(self) -> bool {
        self.database && !self.draining
    }
}
