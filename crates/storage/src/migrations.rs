//! Migrations: embedded, forward only, applied in order, each once and in one transaction.
//!
//! A migration is a file `migrations/NNNN_name.sql`, or a pair `NNNN_name.sqlite.sql` and
//! `NNNN_name.postgres.sql` where the engines' DDL differs, and a line in [`MIGRATIONS`]. A file that
//! was released is never edited: the database remembers its checksum.

use gathering_database::{Bulk, Database, Engine, Sql, Tx, params, row};
use sha2::{Digest, Sha256};

use crate::statement::statements;
use crate::{Result, StorageError};

/// All migrations, in order. Numbers rise, and need not follow each other.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "log",
        text: Text::Each {
            sqlite: include_str!("../migrations/0001_log.sqlite.sql"),
            postgres: include_str!("../migrations/0001_log.postgres.sql"),
        },
    },
    Migration {
        version: 2,
        name: "runs",
        text: Text::Both(include_str!("../migrations/0002_runs.sql")),
    },
    Migration {
        version: 3,
        name: "identity",
        text: Text::Both(include_str!("../migrations/0003_identity.sql")),
    },
    Migration {
        version: 4,
        name: "definitions",
        text: Text::Both(include_str!("../migrations/0004_definitions.sql")),
    },
    Migration {
        version: 5,
        name: "threads",
        text: Text::Both(include_str!("../migrations/0005_threads.sql")),
    },
    Migration {
        version: 6,
        name: "limits",
        text: Text::Both(include_str!("../migrations/0006_limits.sql")),
    },
    Migration {
        version: 7,
        name: "claims",
        text: Text::Both(include_str!("../migrations/0007_claims.sql")),
    },
    Migration {
        version: 8,
        name: "retries",
        text: Text::Both(include_str!("../migrations/0008_retries.sql")),
    },
    Migration {
        version: 10,
        name: "key_hosts",
        text: Text::Both(include_str!("../migrations/0010_key_hosts.sql")),
    },
    Migration {
        version: 11,
        name: "lanes",
        text: Text::Both(include_str!("../migrations/0011_lanes.sql")),
    },
    Migration {
        version: 12,
        name: "grants",
        text: Text::Both(include_str!("../migrations/0012_grants.sql")),
    },
    Migration {
        version: 13,
        name: "deciders",
        text: Text::Both(include_str!("../migrations/0013_deciders.sql")),
    },
    Migration {
        version: 14,
        name: "people",
        text: Text::Both(include_str!("../migrations/0014_people.sql")),
    },
    Migration {
        version: 15,
        name: "audit",
        text: Text::Both(include_str!("../migrations/0015_audit.sql")),
    },
    Migration {
        version: 17,
        name: "expired",
        text: Text::Both(include_str!("../migrations/0017_expired.sql")),
    },
    Migration {
        version: 18,
        name: "audit_seals",
        text: Text::Both(include_str!("../migrations/0018_audit_seals.sql")),
    },
    Migration {
        version: 20,
        name: "project_egress",
        text: Text::Both(include_str!("../migrations/0020_project_egress.sql")),
    },
    Migration {
        version: 21,
        name: "keys_of_runs",
        text: Text::Both(include_str!("../migrations/0021_keys_of_runs.sql")),
    },
    Migration {
        version: 22,
        name: "audit_finds",
        text: Text::Both(include_str!("../migrations/0022_audit_finds.sql")),
    },
    Migration {
        version: 23,
        name: "instance_about",
        text: Text::Both(include_str!("../migrations/0023_instance_about.sql")),
    },
    Migration {
        version: 24,
        name: "schedules",
        text: Text::Both(include_str!("../migrations/0024_schedules.sql")),
    },
    Migration {
        version: 25,
        name: "hooks",
        text: Text::Both(include_str!("../migrations/0025_hooks.sql")),
    },
    Migration {
        version: 26,
        name: "triggers",
        text: Text::Both(include_str!("../migrations/0026_triggers.sql")),
    },
    Migration {
        version: 27,
        name: "channels",
        text: Text::Both(include_str!("../migrations/0027_channels.sql")),
    },
    Migration {
        version: 28,
        name: "webhooks",
        text: Text::Both(include_str!("../migrations/0028_webhooks.sql")),
    },
    Migration {
        version: 29,
        name: "instance_room",
        text: Text::Both(include_str!("../migrations/0029_instance_room.sql")),
    },
    Migration {
        version: 30,
        name: "store_moves",
        text: Text::Both(include_str!("../migrations/0030_store_moves.sql")),
    },
    Migration {
        version: 31,
        name: "retention",
        text: Text::Both(include_str!("../migrations/0031_retention.sql")),
    },
    Migration {
        version: 32,
        name: "quotas",
        text: Text::Both(include_str!("../migrations/0032_quotas.sql")),
    },
    Migration {
        version: 33,
        name: "log_partitions",
        text: Text::Each {
            sqlite: include_str!("../migrations/0033_log_partitions.sqlite.sql"),
            postgres: include_str!("../migrations/0033_log_partitions.postgres.sql"),
        },
    },
    Migration {
        version: 35,
        name: "outbound",
        text: Text::Both(include_str!("../migrations/0035_outbound.sql")),
    },
    Migration {
        version: 36,
        name: "superseded_fires",
        text: Text::Both(include_str!("../migrations/0036_superseded_fires.sql")),
    },
    Migration {
        version: 37,
        name: "private_runs",
        text: Text::Both(include_str!("../migrations/0037_private_runs.sql")),
    },
    Migration {
        version: 38,
        name: "retried_fires",
        text: Text::Both(include_str!("../migrations/0038_retried_fires.sql")),
    },
    Migration {
        version: 39,
        name: "deliveries_sent",
        text: Text::Both(include_str!("../migrations/0039_deliveries_sent.sql")),
    },
];

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
struct Migration {
    version: i64,
    name: &'static str,
    text: Text,
}

#[derive(Debug, Clone, Copy)]
enum Text {
    /// One text for both engines.
    Both(&'static str),
    /// Two texts side by side.
    Each { sqlite: &'static str, postgres: &'static str },
}

row! {
    /// A migration that was applied.
    struct AppliedRow {
        version: i64,
        checksum: Vec<u8>,
    }
}

/// The advisory lock that whoever migrates holds.
pub(crate) const LOCK: i64 = 0x6761_7468_0001;

/// The table that remembers what was applied; it cannot come from a migration itself.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version bigint NOT NULL PRIMARY KEY,
    name text NOT NULL,
    checksum bytea NOT NULL
)";

statements! {
    APPLIED -> AppliedRow = Sql::both("SELECT version, checksum FROM schema_migrations ORDER BY version");
    RECORD = Sql::both("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)");
    TABLES -> (i64,) = Sql::each(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
        "SELECT count(*) FROM pg_catalog.pg_tables
         WHERE tablename = 'schema_migrations' AND schemaname = ANY (current_schemas(false))",
    );
}

/// The names of the migrations that the next start applies; refuses a database that a newer program
/// has written. Changes nothing.
pub async fn pending_migrations(database: &Database) -> Result<Vec<&'static str>> {
    let tables: Option<(i64,)> = database.query_opt(TABLES, Vec::new()).await?;
    let applied: Vec<AppliedRow> = match tables {
        Some((0,)) | None => Vec::new(),
        Some(_) => database.query(APPLIED, Vec::new()).await?,
    };
    check(&applied, MIGRATIONS, database.engine())?;
    let is_pending =
        |migration: &&Migration| applied.iter().all(|row| row.version != migration.version);
    Ok(MIGRATIONS.iter().filter(is_pending).map(|migration| migration.name).collect())
}

/// Brings the schema up to date; refuses a database that a newer program has written.
pub async fn migrate(database: &Database) -> Result<()> {
    migrate_with(database, MIGRATIONS).await
}

async fn migrate_with(database: &Database, migrations: &[Migration]) -> Result<()> {
    let mut lock = database.locks().await?;
    lock.hold(LOCK).await?;
    database.script(TABLE).await?;
    let applied: Vec<AppliedRow> = database.query(APPLIED, Vec::new()).await?;
    check(&applied, migrations, database.engine())?;
    for migration in migrations {
        if applied.iter().any(|row| row.version == migration.version) {
            continue;
        }
        let migration = *migration;
        tracing::info!(
            version = migration.version,
            name = migration.name,
            "migrating the database"
        );
        database.transact(move |tx| migration.apply(tx)).await.map_err(|source| {
            StorageError::Migration { version: migration.version, name: migration.name, source }
        })?;
    }
    Ok(())
}

/// Brings the schema of an empty database up to date, in a transaction of the caller's, who holds
/// [`LOCK`].
pub(crate) async fn apply_all(bulk: &mut Bulk) -> Result<()> {
    bulk.script(TABLE).await?;
    for migration in MIGRATIONS {
        let (version, name) = (migration.version, migration.name);
        let fail = |source| StorageError::Migration { version, name, source };
        bulk.script(migration.text(Engine::Postgres)).await.map_err(fail)?;
        let values = params![version, name, migration.checksum(Engine::Postgres)];
        bulk.execute(RECORD, values).await.map_err(fail)?;
    }
    Ok(())
}

/// The newest migration that this program knows.
pub fn newest_version() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// The newest migration that was applied to the database; none where there is no schema. Changes nothing.
pub async fn schema_version(database: &Database) -> Result<Option<i64>> {
    match database.query_opt::<(i64,)>(TABLES, Vec::new()).await? {
        Some((0,)) | None => Ok(None),
        Some(_) => {
            let applied: Vec<AppliedRow> = database.query(APPLIED, Vec::new()).await?;
            Ok(applied.last().map(|row| row.version))
        }
    }
}

/// Refuses what this program does not know, or knows differently.
fn check(applied: &[AppliedRow], migrations: &[Migration], engine: Engine) -> Result<()> {
    let known = migrations.last().map_or(0, |migration| migration.version);
    for row in applied {
        if row.version > known {
            return Err(StorageError::Newer { found: row.version, known });
        }
        let migration = migrations.iter().find(|migration| migration.version == row.version);
        if let Some(migration) = migration
            && migration.checksum(engine) != row.checksum
        {
            return Err(StorageError::Changed { version: row.version, name: migration.name });
        }
    }
    Ok(())
}

impl Migration {
    const fn text(&self, engine: Engine) -> &'static str {
        match (self.text, engine) {
            (Text::Both(text), _)
            | (Text::Each { sqlite: text, .. }, Engine::Sqlite)
            | (Text::Each { postgres: text, .. }, Engine::Postgres) => text,
        }
    }

    fn checksum(&self, engine: Engine) -> Vec<u8> {
        Sha256::digest(self.text(engine)).to_vec()
    }

    fn apply(&self, tx: &mut Tx<'_>) -> gathering_database::Result<()> {
        let engine = tx.engine();
        tx.script(self.text(engine))?;
        tx.execute_expecting(1, RECORD, params![self.version, self.name, self.checksum(engine)])
    }
}

#[cfg(test)]
mod tests {
    use gathering_database::{DatabaseOptions, Unit};
    use gathering_testkit::{Place, each_database};
    use uuid::Uuid;

    use super::*;

    const OLD_RUN: Sql = Sql::both(
        "INSERT INTO runs (id, project_id, actor, machine, title, trigger, status, owner, runnable_at, \
           priority, limit_key, limit_max, limit_until_end, root_run_id, first_run_id, created_at, \
           started_at, finished_at, pokes, recoveries, recovered_seq, input_tokens, output_tokens, \
           cost_micro_usd, unpriced_calls, model_calls, tool_calls) \
         VALUES ($1, $1, '', '', '', '', 'queued', $2, $3, 0, $4, 1, true, $1, $1, 0, $5, $6, \
           0, 0, 0, 0, 0, 0, 0, 0, 0)",
    );
    const OLD_CANCEL: Sql = Sql::both(
        "INSERT INTO inbox (run_id, key, message, created_at) VALUES ($1, 'cancel', '', 0)",
    );
    const LANES: Sql = Sql::both("SELECT limits, lane FROM runs ORDER BY id");
    const SLOTS: Sql = Sql::both("SELECT limit_key, run_id FROM slots ORDER BY run_id");

    each_database! {
        async fn threads_keep_their_places_when_limits_become_sets(place: Place) {
            let options = match &place {
                Place::Sqlite(directory) => DatabaseOptions::sqlite(directory.path()),
                Place::Postgres(database) => DatabaseOptions::postgres(database.url()),
            };
            let database = Database::open(options).await.unwrap();
            let before = MIGRATIONS.iter().position(|migration| migration.version == 11).unwrap();
            migrate_with(&database, &MIGRATIONS[..before]).await.unwrap();
            let id = Uuid::from_u128;
            let run = |n: u128, owner: Option<Uuid>, key: Option<&str>, begun, ended: Option<i64>| {
                let runnable_at = (owner.is_none() && ended.is_none()).then_some(0);
                Unit::new().run(OLD_RUN, params![id(n), owner, runnable_at, key, begun, ended])
            };
            let runs = [
                run(1, Some(id(9)), Some("thread:a"), Some(1), None),
                run(2, None, Some("thread:a"), None, None),
                run(3, None, Some("thread:b"), Some(1), None),
                run(4, None, Some("thread:c"), Some(1), Some(2)),
                run(5, None, None, None, None),
                run(6, None, Some("thread:a"), None, None).run(OLD_CANCEL, params![id(6)]),
            ];
            for unit in runs {
                database.apply(unit).await.unwrap();
            }
            migrate(&database).await.unwrap();
            let lanes: Vec<(Option<String>, Option<String>)> =
                database.query(LANES, Vec::new()).await.unwrap();
            let limit = |thread: char| crate::RunLimit {
                key: format!("thread:{thread}"),
                max: 1,
                until_end: true,
            };
            let set = |thread| crate::RunLimit::write(&[limit(thread)]);
            let waits = crate::RunLimit::first_lane(&[limit('a')]);
            let expected = [
                (set('a'), None),
                (set('a'), waits),
                (set('b'), None),
                (set('c'), None),
                (None, None),
                (set('a'), None),
            ];
            assert_eq!(lanes, expected);
            let slots: Vec<(String, Uuid)> = database.query(SLOTS, Vec::new()).await.unwrap();
            assert_eq!(slots, [("thread:a".to_owned(), id(1)), ("thread:b".to_owned(), id(3))]);
        }
    }
}
