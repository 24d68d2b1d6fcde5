//! SQLite: one writer thread with group commit, several reader threads, one process.

mod departure;
mod errors;
mod files;
mod job;
mod readers;
mod scan;
mod snapshot;
mod statements;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

pub use self::departure::departed;
pub use self::files::DirectoryClaim;
pub use self::snapshot::snapshot;
pub(crate) use self::statements::{cell, execute, prepare_check, query, script};

use self::files::Files;
use self::job::{ClosureJob, Job, UnitJob};
use self::readers::Readers;
use self::writer::Writer;
use crate::locks::{Local, Table};
use crate::notices::Hub;
use crate::queue::enqueue;
use crate::{
    Applied, DatabaseOptions, Error, Prepared, Reader, Result, Scan, Sql, Table as TableShape, Tx,
    Unit, limits,
};

/// An open SQLite database.
pub(crate) struct Sqlite {
    files: Files,
    hub: Arc<Hub>,
    locks: Arc<Table>,
    writes: flume::Sender<writer::Message>,
    reads: flume::Sender<readers::Message>,
    threads: Mutex<Option<(Writer, Readers)>>,
}

impl Sqlite {
    /// `broken` is cancelled once the disk refuses a commit.
    pub(crate) async fn open(
        directory: PathBuf,
        options: &DatabaseOptions,
        broken: CancellationToken,
    ) -> Result<Self> {
        let options = options.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let (files, lock) = Files::claim(directory)?;
            if !options.though_departed {
                departure::refuse(files.directory())?;
            }
            let hub = Arc::new(Hub::new(&options));
            let (writer, writes) = Writer::start(&files, lock, Arc::clone(&hub), broken, &options)?;
            let (readers, reads) = Readers::start(&files, options.readers)?;
            Ok(Self {
                locks: Arc::default(),
                files,
                hub,
                writes,
                reads,
                threads: Mutex::new(Some((writer, readers))),
            })
        });
        opened.await.map_err(|failure| Error::other("open the database", failure))?
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn local_locks(&self) -> Local {
        Local::open(&self.locks)
    }

    pub(crate) async fn apply(&self, unit: Unit) -> Result<Applied> {
        let (job, reply) = UnitJob::new(unit);
        self.write(Box::new(job)).await?;
        reply.await.map_err(|_| Error::Closed)?
    }

    pub(crate) async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, reply) = ClosureJob::new(work);
        self.write(Box::new(job)).await?;
        let answer = reply.await.map_err(|_| Error::Closed)?;
        answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (message, reply) = readers::message(work);
        enqueue(&self.reads, message, "a reader of the database").await?;
        let answer = reply.await.map_err(|_| Error::Closed)?;
        answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    pub(crate) async fn prepare_check(&self, sql: Sql) -> Result<Prepared> {
        self.read(move |reader| reader.prepare_check(sql)).await
    }

    pub(crate) async fn scan(&self, table: TableShape) -> Result<Scan> {
        let (sender, batches) = flume::bounded(limits::SCAN_BATCHES);
        let scan = move |connection: &mut rusqlite::Connection| {
            scan::scan(connection, &table, &sender);
        };
        let message = readers::Message::Read(Box::new(scan));
        enqueue(&self.reads, message, "a reader of the database").await?;
        Ok(Scan(batches))
    }

    pub(crate) fn directory(&self) -> &Path {
        self.files.directory()
    }

    pub(crate) fn size_bytes(&self) -> Result<u64> {
        self.files.size_bytes()
    }

    pub(crate) async fn close(&self) {
        let mut threads = self.threads.lock().await;
        let Some((writer, readers)) = threads.take() else { return };
        for _ in 0..readers.len() {
            let _ = self.reads.send_async(readers::Message::End).await;
        }
        // The writer's connection is the last to close: two that close at once both take the other for a
        // reason to leave the log beside the file.
        join(move || readers.join()).await;
        let _ = self.writes.send_async(writer::Message::End).await;
        join(move || writer.join()).await;
        self.hub.close();
    }

    async fn write(&self, job: Box<dyn Job>) -> Result<()> {
        enqueue(&self.writes, writer::Message::Job(job), "the writer of the database").await
    }
}

/// Waits for threads to end.
async fn join(threads: impl FnOnce() + Send + 'static) {
    if let Err(failure) = tokio::task::spawn_blocking(threads).await {
        tracing::error!(error = %failure, "database thread panicked");
    }
}

/// The time by the clock of this machine, which is the embedded database's.
#[expect(clippy::disallowed_methods, reason = "this is the embedded database's own clock")]
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
