//! The server itself: health, instances, breakers.

use gathering_domain::{InstanceId, Timestamp};

/// What the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The program's version.
    pub version: &'static str,
    /// `sqlite` or `postgresql`.
    pub database: &'static str,
    /// The schema's version.
    pub schema_version: i64,
    /// Whether the first owner exists.
    pub set_up: bool,
}

/// Whether the server can take work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the database answers.
    pub database: bool,
    /// Whether its schema is this program's.
    pub migrated: bool,
    /// Whether this instance is about to stop.
    pub draining: bool,
}

/// A server process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// What people call it: host and process.
    pub name: String,
    /// Whether it may write.
    pub alive: bool,
    /// When it registered.
    pub started_at: Timestamp,
    /// When it was heard last.
    pub seen_at: Timestamp,
    /// How many runs it owns.
    pub runs: u64,
}

/// A circuit breaker of this instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
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

impl Health {
    /// Whether the server can take work.
    pub const fn ready(self) -> bool {
        self.database && self.migrated && !self.draining
    }
}
