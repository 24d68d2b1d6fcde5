//! The handle that everything else builds on.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::options::Location;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{
    Applied, Bulk, DatabaseOptions, Engine, Error, FromRow, Lane, Listener, Locks, Reader, Result,
    Scan, Sql, Table, Tx, Unit, Value, notices, tables,
};

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    backend: Backend,
    broken: CancellationToken,
}

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

/// What an engine makes of a statement, without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Number of parameters.
    pub parameters: usize,
    /// Names of the columns that it returns.
    pub columns: Vec<String>,
}

impl Database {
    /// Opens the database, and refuses one that could lose what it acknowledged.
    pub async fn open(options: DatabaseOptions) -> Result<Self> {
        let broken = CancellationToken::new();
        let backend = match options.location.clone() {
            Location::Sqlite { directory } => {
                Backend::Sqlite(Arc::new(Sqlite::open(directory, &options, broken.clone()).await?))
            }
            Location::Postgres { url } => {
                Backend::Postgres(Arc::new(Postgres::open(&url, &options).await?))
            }
        };
        Ok(Self { backend, broken })
    }

    /// Which engine this is.
    pub const fn engine(&self) -> Engine {
        match self.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Applies a unit whole or not at all, in one commit with the units of other callers. Returns after
    /// the disk has it. If the future is dropped, the unit may still be applied.
    pub async fn apply(&self, unit: Unit) -> Result<Applied> {
        notices::check(&unit.notices)?;
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.apply(unit).await,
            Backend::Postgres(postgres) => postgres.apply(unit).await,
        }
    }

    /// Runs a closure that reads, decides and writes, in one serializable transaction.
    ///
    /// The closure must be quick and repeatable, and must wait for nothing outside: on SQLite it holds
    /// the only writer, on PostgreSQL it runs again when it collides with another.
    pub async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.transact(work).await,
            Backend::Postgres(postgres) => postgres.transact(work).await,
        }
    }

    /// All rows of a query, of what has been committed.
    pub async fn query<T: FromRow>(&self, sql: Sql, params: Vec<Value>) -> Result<Vec<T>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(move |reader| reader.query(sql, params)).await,
            Backend::Postgres(postgres) => postgres.query(sql, params).await,
        }
    }

    /// The first row of a query, if any.
    pub async fn query_opt<T: FromRow>(&self, sql: Sql, params: Vec<Value>) -> Result<Option<T>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Runs several reads that all see one state of the database.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(work).await,
            Backend::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// Opens an ordered write path for one writer.
    pub async fn lane(&self) -> Result<Lane> {
        match &self.backend {
            Backend::Sqlite(sqlite) => Ok(Lane::sqlite(Arc::clone(sqlite))),
            Backend::Postgres(postgres) => Ok(Lane::postgres(postgres.lane().await?)),
        }
    }

    /// Opens a connection for advisory locks.
    pub async fn locks(&self) -> Result<Locks> {
        match &self.backend {
            Backend::Sqlite(sqlite) => Ok(Locks::local(sqlite.local_locks())),
            Backend::Postgres(postgres) => Ok(Locks::postgres(postgres.locks().await?)),
        }
    }

    /// The tables of the schema, in order of their names, without the engine's own.
    pub async fn tables(&self) -> Result<Vec<Table>> {
        tables::of_rows(self.query(tables::CATALOGUE, Vec::new()).await?)
    }

    /// Reads all rows of a table as they stand now, the values as `table` has its columns. On SQLite alone.
    pub async fn scan(&self, table: &Table) -> Result<Scan> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.scan(table.clone()).await,
            Backend::Postgres(_) => Err(unfit(self.engine(), "an embedded store")),
        }
    }

    /// Begins a transaction that fills the database. On PostgreSQL alone.
    pub async fn bulk(&self) -> Result<Bulk> {
        match &self.backend {
            Backend::Sqlite(_) => Err(unfit(self.engine(), "a PostgreSQL server")),
            Backend::Postgres(postgres) => postgres.bulk().await,
        }
    }

    /// Leaves a note in the data directory that the store goes to another database: whoever opens it
    /// without [`DatabaseOptions::though_departed`] is refused from now on. On SQLite alone.
    pub async fn depart(&self, note: String) -> Result<()> {
        self.on_files(move |sqlite| sqlite.depart(&note)).await
    }

    /// Takes that note away.
    pub async fn stay(&self) -> Result<()> {
        self.on_files(Sqlite::stay).await
    }

    /// Closes, and gives the file of a store that has gone another name.
    pub async fn close_aside(&self) -> Result<()> {
        self.close().await;
        self.on_files(Sqlite::set_aside).await
    }

    async fn on_files(
        &self,
        work: impl FnOnce(&Sqlite) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let Backend::Sqlite(sqlite) = &self.backend else {
            return Err(unfit(self.engine(), "an embedded store"));
        };
        let sqlite = Arc::clone(sqlite);
        let done = tokio::task::spawn_blocking(move || work(&sqlite));
        done.await.map_err(|failure| Error::other("change a data directory", failure))?
    }

    /// Ends backends of this program on the server, as [`Lane::backend_pids`] names them, and says how
    /// many there were; ids that belong to others are left alone. Does nothing on SQLite.
    pub async fn terminate_backends(&self, pids: &[i32]) -> Result<u64> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(0),
            Backend::Postgres(postgres) => postgres.terminate_backends(pids).await,
        }
    }

    /// Listens to a channel. Hears every notice whose transaction commits after this has returned.
    pub async fn listen(&self, channel: &str) -> Result<Listener> {
        notices::check_channel(channel)?;
        match &self.backend {
            Backend::Sqlite(sqlite) => Ok(sqlite.hub().listen(channel)),
            Backend::Postgres(postgres) => postgres.listen(channel).await,
        }
    }

    /// Sends a notice that belongs to no transaction.
    pub async fn notify(&self, channel: &str, payload: &str) -> Result<()> {
        self.apply(Unit::new().notify(channel, payload)).await.map(drop)
    }

    /// Runs several statements without parameters, separated by semicolons, in one transaction.
    pub async fn script(&self, text: impl Into<String>) -> Result<()> {
        let text = text.into();
        self.transact(move |tx| tx.script(&text)).await
    }

    /// Prepares a statement without running it.
    pub async fn prepare_check(&self, sql: Sql) -> Result<Prepared> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.prepare_check(sql).await,
            Backend::Postgres(postgres) => postgres.prepare_check(sql).await,
        }
    }

    /// The time by the database's clock, in microseconds since 1970.
    pub async fn now(&self) -> Result<i64> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(crate::sqlite::now_us()),
            Backend::Postgres(_) => self.number(NOW).await,
        }
    }

    /// Bytes that the database takes on disk.
    pub async fn size_bytes(&self) -> Result<u64> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.size_bytes(),
            Backend::Postgres(_) => Ok(self.number(SIZE).await?.try_into().unwrap_or(0)),
        }
    }

    /// A token that is cancelled when the disk has refused a commit, whosever it was, before anybody is
    /// told [`Error::Fatal`]: the process must then end and start anew. Never on PostgreSQL, where a
    /// lost connection is [`Error::Lost`] and can be recovered from.
    pub fn broken(&self) -> CancellationToken {
        self.broken.child_token()
    }

    /// Applies what is waiting, then closes. Whatever comes later fails with [`Error::Closed`].
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }

    async fn number(&self, sql: Sql) -> Result<i64> {
        let found = self.query_opt::<(i64,)>(sql, Vec::new()).await?;
        Ok(found.map_or(0, |(number,)| number))
    }
}

fn unfit(engine: Engine, needed: &'static str) -> Error {
    Error::Unfit { setting: "kind", found: engine.to_string(), needed }
}

const NOW: Sql =
    Sql::postgres("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)");
const SIZE: Sql = Sql::postgres("SELECT pg_database_size(current_database())");
