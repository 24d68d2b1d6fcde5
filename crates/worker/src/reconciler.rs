//! Removes what is old: runs with all that hangs on them, old parts of the log, rows of what is over.

use std::{sync::Arc, time::Duration as StdDuration};

use gathering_domain::{Clock, Duration, Timestamp};
use gathering_storage::{
    Database, LogTail, StorageError, Unit, Write, deliveries, quotas,
    retention::{self, Counted, LOG_PARTITION_ROWS, RunsWalk, Trees},
};
use tokio_util::sync::CancellationToken;

use crate::{observer::Observer, repeat::repeat};

/// Time between two passes, where nothing else is said.
const LOOK: StdDuration = StdDuration::from_mins(10);
/// Time between two steps: what others write comes first.
const PAUSE: StdDuration = StdDuration::from_millis(2);
/// Steps of one kind in one pass at most; what is left then waits for the next.
const MOST_STEPS: usize = 10_000;
/// Rows without anything that hangs on them that one step removes.
const ROWS_AT_ONCE: u32 = 500;
/// How long what is left of a run stays after nobody finds it any more: longer than anybody who has found
/// it before takes to read it.
const LEFT_FOR: Duration = Duration::from_secs(10 * 60);
/// How much older than the oldest runs a part of the log must be that is passed whatever it holds. What
/// began when it was written has ended by then, and has gone.
const SLACK: Duration = Duration::from_secs(24 * 3600);
/// How long a dead instance is known: longer than anything that it wrote is asked about.
const INSTANCES_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// The advisory lock of whoever makes a pass. It saves work: nothing is wrong if two do.
const LOCK: i64 = 0x6761_7468_0002;

/// Removes at most so many rows that are as old as that.
type Remove = fn(Timestamp, u32) -> Write;

/// How long things are kept; for ever, where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keeps {
    /// Runs, from their end.
    pub runs: Option<Duration>,
    /// Threads with all their runs, from their last message.
    pub threads: Option<Duration>,
    /// Fires of schedules.
    pub fires: Option<Duration>,
    /// Deliveries to webhooks.
    pub deliveries: Option<Duration>,
    /// Idempotency keys.
    pub idempotency_keys: Option<Duration>,
}

/// What a pass has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass {
    /// Runs.
    pub runs: u64,
    /// Payloads.
    pub blobs: u64,
    /// Partitions of the log.
    pub partitions: u64,
    /// Rows of the log that were in none.
    pub log_rows: u64,
    /// Rows of which something was copied into the archive.
    pub archived_rows: u64,
    /// Fires.
    pub fires: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// Idempotency keys.
    pub idempotency_keys: u64,
    /// Instances that had been dead for long.
    pub instances: u64,
}

/// Removes what is old, from the start on and every ten minutes. Any number of instances may do so: one at a
/// time makes a pass.
pub struct Reconciler {
    database: Database,
    tail: LogTail,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    keeps: Keeps,
    look: StdDuration,
}

impl Reconciler {
    /// A reconciler of this store.
    pub fn new(
        database: &Database,
        tail: &LogTail,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        keeps: Keeps,
    ) -> Self {
        Self { database: database.clone(), tail: tail.clone(), clock, observer, keeps, look: LOOK }
    }

    /// One that looks this often.
    #[must_use]
    pub const fn every(mut self, look: StdDuration) -> Self {
        self.look = look;
        self
    }

    /// Removes until told to stop. A step that is broken off is made again by the next pass.
    pub async fn run(self, shutdown: CancellationToken) {
        repeat(self.look, &shutdown, || async {
            if let Err(error) = self.pass().await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "could not remove what is old");
            }
        })
        .await;
    }

    /// Makes one pass; nothing if another instance is making one, or if one is alive that would not
    /// understand it.
    pub async fn pass(&self) -> Result<Option<Pass>, StorageError> {
        let mut lock = self.database.locks().await?;
        if !lock.try_hold(LOCK).await? {
            return Ok(None);
        }
        if !retention::is_understood(&self.database).await? {
            tracing::info!(
                "nothing old is removed while an instance of an earlier version is alive"
            );
            return Ok(None);
        }
        let pass = self.reconcile().await;
        lock.release(LOCK).await?;
        let pass = pass?;
        self.tell(&pass);
        Ok(Some(pass))
    }

    async fn reconcile(&self) -> Result<Pass, StorageError> {
        let mut pass = Pass::default();
        retention::make_partitions(&self.database, LOG_PARTITION_ROWS).await?;
        if let Some(runs) = self.keeps.runs
            && self.counted().await?
        {
            self.remove_runs(runs, &mut pass).await?;
            self.clear(&mut pass).await?;
            self.pass_log(runs, &mut pass).await?;
        }
        let kinds: [(_, Remove, _); 4] = [
            (Some(INSTANCES_KEPT), retention::remove_instances, &mut pass.instances),
            (self.keeps.fires, retention::remove_fires, &mut pass.fires),
            (self.keeps.deliveries, deliveries::delete_old, &mut pass.deliveries),
            (
                self.keeps.idempotency_keys,
                retention::remove_idempotency_keys,
                &mut pass.idempotency_keys,
            ),
        ];
        for (kept, remove, count) in kinds {
            let Some(kept) = kept else { continue };
            for _ in 0..MOST_STEPS {
                let unit = Unit::new().with(remove(self.before(kept), ROWS_AT_ONCE).into());
                let removed = self.database.apply(unit).await?.count(0);
                *count += removed;
                if removed < u64::from(ROWS_AT_ONCE) {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        let yesterday = quotas::day_of(self.clock.now()) - 1;
        let unit = Unit::new().with(quotas::forget_days(yesterday).into());
        self.database.apply(unit).await?;
        Ok(pass)
    }

    /// Whether it is known of every payload who refers to it.
    async fn counted(&self) -> Result<bool, StorageError> {
        for _ in 0..MOST_STEPS {
            if retention::count_blobs(&self.database, &self.tail).await? == Counted::All {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(false)
    }

    async fn remove_runs(&self, kept: Duration, pass: &mut Pass) -> Result<(), StorageError> {
        let trees = Trees {
            ended_by: self.before(kept),
            silent_since: self.keeps.threads.map(|kept| self.before(kept)),
        };
        let mut walk = RunsWalk::default();
        for _ in 0..MOST_STEPS {
            let now = self.clock.now();
            let (removed, next) = retention::remove_runs(&self.database, trees, walk, now).await?;
            pass.runs += removed;
            let Some(next) = next else { break };
            walk = next;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn clear(&self, pass: &mut Pass) -> Result<(), StorageError> {
        for _ in 0..MOST_STEPS {
            let cleared = retention::clear_removed(&self.database, self.before(LEFT_FOR)).await?;
            pass.blobs += cleared.blobs;
            if !cleared.more || cleared.runs == 0 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn pass_log(&self, kept: Duration, pass: &mut Pass) -> Result<(), StorageError> {
        let slack = SLACK.min(kept);
        let old = Timestamp::from_micros(
            self.before(kept).micros().saturating_sub_unsigned(slack.micros()),
        );
        for _ in 0..MOST_STEPS {
            let passed = retention::advance_line(&self.database, &self.tail, old).await?;
            let Some(passed) = passed else { break };
            pass.archived_rows += passed.archived;
            tokio::time::sleep(PAUSE).await;
        }
        pass.partitions += retention::drop_partitions(&self.database).await?;
        for _ in 0..MOST_STEPS {
            let dropped = retention::drop_below_line(&self.database).await?;
            pass.log_rows += dropped;
            if dropped == 0 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    fn before(&self, ago: Duration) -> Timestamp {
        let now = self.clock.now().micros();
        Timestamp::from_micros(now.saturating_sub_unsigned(ago.micros()))
    }

    fn tell(&self, pass: &Pass) {
        let Pass { runs, blobs, partitions, log_rows, archived_rows, .. } = *pass;
        let Pass { fires, deliveries, idempotency_keys, instances, .. } = *pass;
        let kinds = [
            ("run", runs),
            ("payload", blobs),
            ("log_partition", partitions),
            ("log_row", log_rows),
            ("fire", fires),
            ("delivery", deliveries),
            ("idempotency_key", idempotency_keys),
            ("instance", instances),
        ];
        for (kind, count) in kinds {
            self.observer.removed(kind, count);
        }
        self.observer.reconciled(self.clock.now());
        if *pass == Pass::default() {
            tracing::debug!("nothing is old");
        } else {
            tracing::info!(
                runs,
                blobs,
                partitions,
                log_rows,
                archived_rows,
                fires,
                deliveries,
                idempotency_keys,
                instances,
                "removed what was old"
            );
        }
    }
}
