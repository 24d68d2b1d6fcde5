//! PostgreSQL: pipelined group commit, lanes, pooled reads and closures, listening, advisory locks.

mod access;
mod batcher;
mod bulk;
mod checked;
mod connect;
mod errors;
mod gone;
mod lane;
mod listening;
mod locks;
mod pipeline;
mod singly;
mod statements;
mod transact;

use std::sync::Arc;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::sync::{RwLock, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::access::Access;
pub use self::bulk::Bulk;
pub(crate) use self::lane::Lane;
pub(crate) use self::locks::Locks;
pub(crate) use self::statements::cell;

use self::batcher::Batcher;
use self::connect::{Connector, answer};
use self::errors::{unreachable, unsent};
use self::listening::{Listen, Listening};
use crate::notices::{Hub, Listener};
use crate::queue::enqueue;
use crate::{
    Applied, DatabaseOptions, Error, FromRow, Prepared, Result, Sql, Unit, Value, limits, params,
};

/// Oldest server that is understood.
const VERSION_MIN: i64 = 140_000;

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    connector: Connector,
    pool: Pool,
    hub: Arc<Hub>,
    units: flume::Sender<batcher::Message>,
    listens: flume::Sender<Listen>,
    /// Closures run beside each other, except one that collided too often.
    closures: RwLock<()>,
    tasks: TaskTracker,
    closing: CancellationToken,
    #[cfg(feature = "sabotage")]
    sabotage: crate::Sabotage,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: &DatabaseOptions) -> Result<Self> {
        let tasks = TaskTracker::new();
        let connector = Connector::new(url, options, tasks.clone())?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager =
            Manager::from_connect(tokio_postgres::Config::new(), connector.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(options.pool)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(limits::POOL_WAIT))
            .create_timeout(Some(limits::CONNECT_WAIT))
            .build()
            .map_err(|error| Error::other("set up the pool of connections", error))?;
        let (units, unit_queue) = flume::bounded(limits::WRITE_QUEUE);
        let (listens, requests) = flume::bounded(limits::LISTEN_QUEUE);
        let database = Self {
            connector,
            pool,
            hub: Arc::new(Hub::new(options)),
            units,
            listens,
            closures: RwLock::new(()),
            tasks,
            closing: CancellationToken::new(),
            #[cfg(feature = "sabotage")]
            sabotage: options.sabotage,
        };
        database.assert_fit().await?;
        for _ in 0..limits::BATCHERS {
            let batcher = Batcher::new(
                database.connector.clone(),
                unit_queue.clone(),
                #[cfg(feature = "sabotage")]
                options.sabotage,
            );
            database.tasks.spawn(batcher.run());
        }
        let listening = Listening {
            connector: database.connector.clone(),
            hub: Arc::clone(&database.hub),
            requests,
            closing: database.closing.clone(),
        };
        database.tasks.spawn(listening.run());
        Ok(database)
    }

    /// Refuses a server that is too old, or could lose what it acknowledged.
    async fn assert_fit(&self) -> Result<()> {
        let setting = async |name: &'static str| {
            const SETTING: Sql = Sql::postgres("SELECT current_setting($1)");
            let found = self.query::<(String,)>(SETTING, params![name]).await?;
            Ok::<_, Error>(found.into_iter().next().map(|(value,)| value).unwrap_or_default())
        };
        let version = setting("server_version_num").await?;
        if version.parse().unwrap_or(0) < VERSION_MIN {
            return Err(Error::Unfit {
                setting: "server_version_num",
                found: version,
                needed: "140000 or more",
            });
        }
        let fsync = setting("fsync").await?;
        if fsync != "on" {
            return Err(Error::Unfit { setting: "fsync", found: fsync, needed: "on" });
        }
        #[cfg(feature = "sabotage")]
        if self.sabotage == crate::Sabotage::SkipSync {
            return Ok(());
        }
        let commit = setting("synchronous_commit").await?;
        if commit == "off" {
            return Err(Error::Unfit {
                setting: "synchronous_commit",
                found: commit,
                needed: "on",
            });
        }
        Ok(())
    }

    pub(crate) async fn apply(&self, unit: Unit) -> Result<Applied> {
        let (reply, answer) = oneshot::channel();
        enqueue(&self.units, batcher::Message::Apply(unit, reply), "a batch of the database")
            .await?;
        answer.await.map_err(|_| Error::Closed)?
    }

    pub(crate) async fn query<T: FromRow>(&self, sql: Sql, params: Vec<Value>) -> Result<Vec<T>> {
        let mut last = Error::Unavailable { source: None };
        for _ in 0..limits::READ_ATTEMPTS {
            let client = self.pooled().await?;
            let found = answer(limits::ANSWER_WAIT, statements::query(&client, sql, &params)).await;
            match found.map_err(unsent) {
                Err(error @ Error::Unavailable { .. }) => {
                    // Out of the pool for good.
                    drop(Object::take(client));
                    last = error;
                }
                settled => return settled,
            }
        }
        Err(last)
    }

    pub(crate) async fn prepare_check(&self, sql: Sql) -> Result<Prepared> {
        self.read(move |reader| reader.prepare_check(sql)).await
    }

    pub(crate) async fn lane(&self) -> Result<Lane> {
        let closing = self.closing.clone();
        Lane::open(
            self.connector.clone(),
            &self.tasks,
            closing,
            #[cfg(feature = "sabotage")]
            self.sabotage,
        )
        .await
    }

    pub(crate) async fn bulk(&self) -> Result<Bulk> {
        Bulk::begin(&self.connector).await
    }

    pub(crate) async fn locks(&self) -> Result<Locks> {
        Locks::open(&self.connector).await
    }

    pub(crate) async fn listen(&self, channel: &str) -> Result<Listener> {
        let listener = self.hub.listen(channel);
        let (reply, listening) = oneshot::channel();
        enqueue(
            &self.listens,
            Listen { channel: channel.to_owned(), reply },
            "the listening connection",
        )
        .await?;
        match tokio::time::timeout(limits::POOL_WAIT, listening).await {
            Ok(answer) => answer.map_err(|_| Error::Closed)?.map(|()| listener),
            Err(late) => Err(unreachable(late)),
        }
    }

    pub(crate) async fn terminate_backends(&self, pids: &[i32]) -> Result<u64> {
        let client = self.pooled().await?;
        answer(limits::ANSWER_WAIT, gone::terminate(&client, pids)).await.map_err(unsent)
    }

    pub(crate) async fn close(&self) {
        for _ in 0..limits::BATCHERS {
            let _ = self.units.send_async(batcher::Message::End).await;
        }
        self.closing.cancel();
        self.pool.close();
        self.tasks.close();
        if tokio::time::timeout(limits::CLOSE_WAIT, self.tasks.wait()).await.is_err() {
            tracing::warn!("connections to the database are still in use at its close");
        }
        self.hub.close();
    }

    async fn pooled(&self) -> Result<Object> {
        use deadpool_postgres::{PoolError, TimeoutType};
        self.pool.get().await.map_err(|error| match error {
            PoolError::Closed => Error::Closed,
            PoolError::Timeout(TimeoutType::Wait) => {
                Error::Busy { waited_for: "a connection of the pool", source: None }
            }
            other => unreachable(other),
        })
    }
}

/// Waits before another try of work that collided.
async fn pause(attempt: u32) {
    if attempt > limits::COLLISIONS_TOLERATED {
        let pause = std::time::Duration::from_millis(1 << attempt.min(10));
        tokio::time::sleep(pause.min(limits::COLLISION_PAUSE_MAX)).await;
    }
}
