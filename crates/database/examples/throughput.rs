//! Prints how much a database commits: `throughput sqlite DIRECTORY` or `throughput postgres URL`.
#![expect(clippy::print_stdout, reason = "an example prints its findings")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gathering_database::{Database, DatabaseOptions, Error, Sql, Tx, Unit, params};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

const TIME: Duration = Duration::from_secs(3);
const APPENDERS: usize = 64;
const ENTRIES_MAX: usize = 256;

const SCHEMA: &str = "
    DROP TABLE IF EXISTS throughput_log;
    DROP TABLE IF EXISTS throughput_instances;
    CREATE TABLE throughput_log (position bigint PRIMARY KEY, entries bytea NOT NULL);
    CREATE TABLE throughput_instances (id bigint PRIMARY KEY, state text NOT NULL);
    INSERT INTO throughput_instances VALUES (1, 'alive');
";
const APPEND: Sql = Sql::both("INSERT INTO throughput_log (position, entries) VALUES ($1, $2)");
const ALIVE: Sql = Sql::each(
    "SELECT id FROM throughput_instances WHERE id = $1 AND state = 'alive'",
    "SELECT id FROM throughput_instances WHERE id = $1 AND state = 'alive' FOR SHARE",
);
const LAST: Sql =
    Sql::both("SELECT position FROM throughput_log WHERE position >= $1 ORDER BY position LIMIT 1");

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["sqlite", directory] => DatabaseOptions::sqlite(directory),
        ["postgres", url] => DatabaseOptions::postgres(url),
        _ => bail!("give `sqlite DIRECTORY` or `postgres URL`"),
    };
    let database = Database::open(options).await?;
    println!("{}", database.engine());
    database.script(SCHEMA).await?;
    lane(&database).await?;
    for callers in [1, 16, 64, 512] {
        units(&database, callers).await?;
    }
    for callers in [1, 16, 64] {
        closures(&database, callers, 1).await?;
        closures(&database, callers, 0x1f3d_5b79_a2c4_e681).await?;
        reads(&database, callers).await?;
    }
    database.close().await;
    Ok(())
}

/// A collecting writer in front of a lane: what waits while a commit is on its way goes into the next.
async fn lane(database: &Database) -> Result<()> {
    let lane = database.lane().await?;
    let (appends, mut waiting) = mpsc::channel::<oneshot::Sender<()>>(APPENDERS * 4);
    let mut callers = JoinSet::new();
    let end = Instant::now() + TIME;
    for _ in 0..APPENDERS {
        let appends = appends.clone();
        callers.spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < end {
                let begun = Instant::now();
                let (reply, done) = oneshot::channel();
                if appends.send(reply).await.is_err() || done.await.is_err() {
                    break;
                }
                latencies.push(begun.elapsed());
            }
            latencies
        });
    }
    drop(appends);
    let (mut position, mut transactions, begun) = (1_000_000_000_i64, 0_u32, Instant::now());
    let mut batch = Vec::with_capacity(ENTRIES_MAX);
    while waiting.recv_many(&mut batch, ENTRIES_MAX).await > 0 {
        let unit = Unit::new()
            .guard(ALIVE, params![1])
            .run(APPEND, params![position, vec![7_u8; 100 * batch.len()]]);
        lane.apply(unit).await?;
        position += i64::try_from(batch.len())?;
        transactions += 1;
        for reply in batch.drain(..) {
            let _ = reply.send(());
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let latencies = callers.join_all().await.concat();
    println!(
        "  lane, {APPENDERS} appenders: {:.0} transactions/s, {:.0} entries/s, {}",
        f64::from(transactions) / seconds,
        f64::from(u32::try_from(latencies.len())?) / seconds,
        percentiles(latencies),
    );
    // One transaction at a time, without anyone collecting.
    let (begun, mut alone) = (Instant::now(), Vec::new());
    while begun.elapsed() < TIME {
        let start = Instant::now();
        position += 1;
        lane.apply(
            Unit::new().guard(ALIVE, params![1]).run(APPEND, params![position, vec![7_u8; 100]]),
        )
        .await?;
        alone.push(start.elapsed());
    }
    let per_second = f64::from(u32::try_from(alone.len())?) / begun.elapsed().as_secs_f64();
    println!("  lane, alone: {per_second:.0} transactions/s, {}", percentiles(alone));
    Ok(())
}

async fn units(database: &Database, callers: usize) -> Result<()> {
    run(database, &format!("units, {callers} callers"), callers, async |database, key| {
        database.apply(Unit::new().run(APPEND, params![key, vec![7_u8; 100]])).await.map(drop)
    })
    .await
}

async fn closures(database: &Database, callers: usize, stride: i64) -> Result<()> {
    let name = format!("closures, keys {stride} apart, {callers} callers");
    run(database, &name, callers, async |database, key| {
        let key = key.wrapping_mul(stride) & i64::MAX;
        let work = move |tx: &mut Tx<'_>| {
            if tx.query_opt::<(i64,)>(LAST, params![key])?.is_none_or(|(found,)| found != key) {
                tx.execute(APPEND, params![key, vec![7_u8; 100]])?;
            }
            Ok::<_, Error>(())
        };
        database.transact(work).await
    })
    .await
}

async fn reads(database: &Database, callers: usize) -> Result<()> {
    run(database, &format!("reads, {callers} callers"), callers, async |database, key| {
        database.query::<(i64,)>(LAST, params![key]).await.map(drop)
    })
    .await
}

/// Repeats a work with keys of its own from many callers.
async fn run<F>(database: &Database, name: &str, callers: usize, work: F) -> Result<()>
where
    F: AsyncFn(Database, i64) -> Result<(), Error>,
{
    use futures::stream::{FuturesUnordered, StreamExt};
    static KEYS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(1);
    let work = Arc::new(work);
    let end = Instant::now() + TIME;
    let begun = Instant::now();
    let mut tasks: FuturesUnordered<_> = (0..callers)
        .map(|_| {
            let (database, work) = (database.clone(), Arc::clone(&work));
            async move {
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    let start = Instant::now();
                    let key = KEYS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    work(database.clone(), key).await?;
                    latencies.push(start.elapsed());
                }
                Ok::<_, Error>(latencies)
            }
        })
        .collect();
    let mut latencies = Vec::new();
    while let Some(done) = tasks.next().await {
        latencies.extend(done.context("a caller failed")?);
    }
    let per_second = f64::from(u32::try_from(latencies.len())?) / begun.elapsed().as_secs_f64();
    println!("  {name}: {per_second:.0}/s, {}", percentiles(latencies));
    Ok(())
}

fn percentiles(mut latencies: Vec<Duration>) -> String {
    latencies.sort_unstable();
    let at =
        |share: usize| latencies.get(latencies.len() * share / 100).copied().unwrap_or_default();
    format!("p50 {:?}, p99 {:?}", at(50), at(99))
}
