//! Instances: who is alive, who is silent, and the end of one.

use gathering_database::{Applied, Database, Engine, Error, Lane, Sql, Unit, params, row};
use gathering_domain::{Duration, InstanceId, Timestamp};
use uuid::Uuid;

use crate::statement::statements;
use crate::{AppendError, Result, log};

row! {
    /// A server process.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct InstanceRow {
        /// Its id; a process that was fenced off goes on under a new one.
        pub id: InstanceId as Uuid,
        /// Where it runs, for people.
        pub name: String,
        /// The program's version, if it said so.
        pub version: Option<String>,
        /// Where it listens, if it does.
        pub address: Option<String>,
        /// How many runs it drives at most, if it said so.
        pub room: Option<u64>,
        /// How many it drives now.
        pub runs: u64,
        /// Whether it may write.
        pub alive: bool,
        /// When it registered.
        pub started_at: Timestamp as i64,
        /// When it was declared dead.
        pub died_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// When it last said that it lives.
        pub beat_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
    }
}

macro_rules! columns {
    () => {
        "instances.id, name, version, address, room, \
         (SELECT COUNT(*) FROM runs WHERE owner = instances.id) AS runs, \
         state = 'alive' AS alive, started_at, died_at, beat_at \
         FROM instances LEFT JOIN instance_beats ON instance_beats.instance_id = instances.id"
    };
}

statements! {
    REGISTER = Sql::both(
        "INSERT INTO instances (id, name, state, started_at, version, address, room, retains) \
         VALUES ($1, $2, 'alive', $3, $4, $5, $6, true)"
    );
    /// By the database's clock, which all instances share, and which it answers. Nothing comes back for
    /// an instance that is not alive.
    BEAT = Sql::each(
        "INSERT INTO instance_beats (instance_id, beat_at) \
         SELECT id, CAST(unixepoch('subsec') * 1000000 AS integer) FROM instances \
         WHERE id = $1 AND state = 'alive' \
         ON CONFLICT (instance_id) DO UPDATE SET beat_at = excluded.beat_at RETURNING beat_at",
        "INSERT INTO instance_beats (instance_id, beat_at) \
         SELECT id, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) FROM instances \
         WHERE id = $1 AND state = 'alive' \
         ON CONFLICT (instance_id) DO UPDATE SET beat_at = excluded.beat_at RETURNING beat_at",
    );
    RECORD_BACKEND = Sql::each(
        "INSERT INTO instance_backends (instance_id, pid, recorded_at) \
         VALUES ($1, $2, CAST(unixepoch('subsec') * 1000000 AS integer)) \
         ON CONFLICT (instance_id, pid) DO UPDATE SET recorded_at = excluded.recorded_at",
        "INSERT INTO instance_backends (instance_id, pid, recorded_at) \
         VALUES ($1, $2, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)) \
         ON CONFLICT (instance_id, pid) DO UPDATE SET recorded_at = excluded.recorded_at",
    );
    LIST -> InstanceRow = Sql::both(concat!(
        "SELECT ", columns!(), " WHERE state = 'alive' OR died_at > $1 ORDER BY instances.id"
    ));
    SILENT -> InstanceRow = Sql::each(
        concat!("SELECT ", columns!(), " WHERE state = 'alive' \
         AND COALESCE(beat_at, started_at) <= CAST(unixepoch('subsec') * 1000000 AS integer) - $1 \
         ORDER BY instances.id"),
        concat!("SELECT ", columns!(), " WHERE state = 'alive' \
         AND COALESCE(beat_at, started_at) <= CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) - $1 \
         ORDER BY instances.id"),
    );
    /// Ends what the instance has open in the database. A process id that the server has given to
    /// another backend since is not touched: that one is younger.
    TERMINATE = Sql::each(
        "SELECT 1 WHERE $1 IS NULL",
        "SELECT pg_terminate_backend(a.pid) FROM instance_backends AS b \
         JOIN pg_stat_activity AS a ON a.pid = b.pid \
           AND a.datname = current_database() \
           AND extract(epoch FROM a.backend_start) * 1000000 <= b.recorded_at \
         WHERE b.instance_id = $1",
    );
    /// Finds nothing for an instance that has a recorded backend left, that is dead, or of which nothing
    /// can be told because the server has been started since it last beat.
    VANISHED = Sql::each(
        "SELECT 1 WHERE $1 IS NULL",
        "SELECT 1 FROM instances LEFT JOIN instance_beats ON instance_beats.instance_id = instances.id \
         WHERE instances.id = $1 AND state = 'alive' \
           AND COALESCE(beat_at, started_at) > extract(epoch FROM pg_postmaster_start_time()) * 1000000 \
           AND NOT EXISTS (SELECT 1 FROM instance_backends AS b \
             JOIN pg_stat_activity AS a ON a.pid = b.pid AND a.datname = current_database() \
               AND extract(epoch FROM a.backend_start) * 1000000 <= b.recorded_at \
             WHERE b.instance_id = $1)",
    );
    /// Waits a bounded time for transactions of the instance that still hold their share of the row.
    MARK_DEAD = Sql::both(
        "UPDATE instances SET state = 'dead', died_at = $2 WHERE id = $1 AND state = 'alive'"
    );
    LOCK_TIMEOUT = Sql::each(
        "SELECT 1 WHERE 1 = 0",
        "SELECT set_config('lock_timeout', '500ms', true)",
    );
    FREE_RUNS = Sql::each(
        "UPDATE runs SET status = 'queued', owner = NULL, runnable_at = $2, recoveries = recoveries + 1 WHERE owner = $1",
        "UPDATE runs SET status = 'queued', owner = NULL, runnable_at = $2, recoveries = recoveries + 1 \
         WHERE id IN (SELECT id FROM runs WHERE owner = $1 ORDER BY id FOR UPDATE)",
    );
    /// The same for an instance that no run of it brought down.
    RELEASE_RUNS = Sql::each(
        "UPDATE runs SET status = 'queued', owner = NULL, runnable_at = $2 WHERE owner = $1",
        "UPDATE runs SET status = 'queued', owner = NULL, runnable_at = $2 \
         WHERE id IN (SELECT id FROM runs WHERE owner = $1 ORDER BY id FOR UPDATE)",
    );
    FORGET_BEAT = Sql::both("DELETE FROM instance_beats WHERE instance_id = $1");
    FORGET_BACKENDS = Sql::both("DELETE FROM instance_backends WHERE instance_id = $1");
}

/// What an instance tells of itself, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Where it runs.
    pub name: String,
    /// The program's version.
    pub version: Option<String>,
    /// Where it listens, if it does.
    pub address: Option<String>,
    /// How many runs it drives at most.
    pub room: Option<u32>,
}

impl From<&str> for About {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// What became of an instance that was to be declared dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It is dead now, and this many runs of it were freed.
    Declared {
        /// Runs that became claimable.
        freed: u64,
    },
    /// It was dead before.
    Already,
}

/// Tells the store that an instance lives, on a connection of its own: behind the work of others it
/// would be silent for as long as they wait for a lock, a place or the disk, and be taken for dead.
pub struct Heart {
    lane: Lane,
}

/// The advisory lock that an instance holds for as long as its process lives: the random half of its
/// id.
pub const fn lock_of(id: InstanceId) -> i64 {
    id.uuid().as_u64_pair().1.cast_signed()
}

/// Registers an instance and beats once. On SQLite whoever was alive before is dead: the lock on the
/// data directory proves it, and its runs are freed.
pub async fn register(
    database: &Database,
    id: InstanceId,
    about: &About,
    now: Timestamp,
) -> Result<()> {
    if database.engine() == Engine::Sqlite {
        for earlier in list_instances(database, now).await? {
            if earlier.alive {
                mark_dead_unit(database, earlier.id, now, FREE_RUNS).await?;
            }
        }
    }
    let unit = Unit::new()
        .run(
            REGISTER,
            params![
                id.uuid(),
                about.name.as_str(),
                now.micros(),
                about.version.as_deref(),
                about.address.as_deref(),
                about.room
            ],
        )
        .returning(BEAT, params![id.uuid()]);
    database.apply(unit).await?;
    Ok(())
}

impl Heart {
    /// Opens its connection.
    pub async fn open(database: &Database) -> Result<Self> {
        Ok(Self { lane: database.lane().await? })
    }

    /// Says that the instance lives. Answers the database's time; nothing if the instance was declared
    /// dead.
    pub async fn beat(&self, id: InstanceId) -> Result<Option<Timestamp>> {
        // A beat that a crash of the server undoes is told again by the next one.
        let unit = Unit::new().run(log::SYNC_LATER, params![]).returning(BEAT, params![id.uuid()]);
        let beaten: Option<(i64,)> = self.apply(unit).await?.first(1)?;
        Ok(beaten.map(|(at,)| Timestamp::from_micros(at)))
    }

    /// Records which backends of the server write for the instance, beside this one, so that a takeover
    /// can end them. The log's lanes do this themselves before they write.
    pub async fn record_backends(&self, id: InstanceId, writers: &[i32]) -> Result<()> {
        let pids = [self.lane.backend_pids(), writers.to_vec()].concat();
        self.apply(backends_recorded(id, &pids)).await?;
        Ok(())
    }

    /// The server's backend of this connection; none on SQLite. It changes when the connection breaks.
    pub fn backend_pids(&self) -> Vec<i32> {
        self.lane.backend_pids()
    }

    /// Applies a unit that may be applied twice.
    async fn apply(&self, unit: Unit) -> Result<Applied> {
        match self.lane.apply(unit.clone()).await {
            Err(Error::Lost { .. } | Error::Unavailable { .. }) => {
                self.lane.recover().await?;
                Ok(self.lane.apply(unit).await?)
            }
            applied => Ok(applied?),
        }
    }
}

/// Ends an instance at its own wish, after it gave its runs back; what it still owned is freed, and not
/// counted as recovered: whoever can still say so was brought down by none of them.
pub async fn retire(
    database: &Database,
    id: InstanceId,
    now: Timestamp,
) -> Result<Death, AppendError> {
    mark_dead_unit(database, id, now, RELEASE_RUNS).await.map_err(AppendError::from_read)
}

/// The unit that records backends.
pub(crate) fn backends_recorded(id: InstanceId, pids: &[i32]) -> Unit {
    pids.iter().fold(Unit::new(), |unit, pid| unit.run(RECORD_BACKEND, params![id.uuid(), *pid]))
}

/// The instances that are alive, and those that died after `since`.
pub async fn list_instances(database: &Database, since: Timestamp) -> Result<Vec<InstanceRow>> {
    Ok(database.query(LIST, params![since.micros()]).await?)
}

/// Instances that are alive and have not beaten for this long.
pub async fn silent_instances(database: &Database, silence: Duration) -> Result<Vec<InstanceRow>> {
    let silence = i64::try_from(silence.micros()).unwrap_or(i64::MAX);
    Ok(database.query(SILENT, params![silence]).await?)
}

/// Whether a live instance has no backend left on a server that has been up since it last beat. With
/// its lock free as well, its process has ended, or lost all connections at once.
pub async fn has_vanished(database: &Database, id: InstanceId) -> Result<bool> {
    let found: Option<(i32,)> = database.query_opt(VANISHED, params![id.uuid()]).await?;
    Ok(found.is_some())
}

/// Declares an instance dead and frees its runs, in one transaction, after ending what it has open in
/// the database. [`AppendError::Busy`]: a transaction of it still holds on; worth another try.
pub async fn mark_dead(
    database: &Database,
    id: InstanceId,
    now: Timestamp,
) -> Result<Death, AppendError> {
    let _: Vec<(bool,)> = database
        .query(TERMINATE, params![id.uuid()])
        .await
        .map_err(|error| AppendError::from_read(error.into()))?;
    mark_dead_unit(database, id, now, FREE_RUNS).await.map_err(AppendError::from_read)
}

async fn mark_dead_unit(
    database: &Database,
    id: InstanceId,
    now: Timestamp,
    free: Sql,
) -> Result<Death> {
    let unit = Unit::new()
        .run(LOCK_TIMEOUT, params![])
        .run(MARK_DEAD, params![id.uuid(), now.micros()])
        .run(free, params![id.uuid(), now.micros()])
        .run(FORGET_BEAT, params![id.uuid()])
        .run(FORGET_BACKENDS, params![id.uuid()]);
    // A lane of its own: in a group with others, its wait and its failure would be theirs.
    let applied = database.lane().await?.apply(unit).await?;
    if applied.count(1) == 0 {
        return Ok(Death::Already);
    }
    Ok(Death::Declared { freed: applied.count(2) })
}
