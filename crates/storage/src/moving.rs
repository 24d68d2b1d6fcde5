//! Moves a whole embedded store into an empty PostgreSQL database, in one transaction, and compares.
//!
//! Which tables there are stands in the schema and nowhere here. Each is read once from the embedded
//! store and written in batches; then the server is asked for all of them again, and what it answers is
//! compared with what was read, row by row, before anything is committed.

mod checksum;

use gathering_database::{Bulk, Database, Locks, Sql, Table, params, row};
use gathering_domain::Timestamp;
use uuid::Uuid;

pub use self::checksum::Checksum;

use crate::audit::{self, Record};
use crate::retention::{self, LOG_PARTITION_ROWS};
use crate::statement::statements;
use crate::{Result, StorageError, Write, migrations};

/// The table that each database fills for itself: the texts of migrations may differ.
const OWN: &str = "schema_migrations";
/// The table whose rows say by which moves a store came to where it is.
const MOVES: &str = "store_moves";

row! {
    /// A numbered table, and the last number that it gave.
    struct NumberRow {
        name: String,
        seq: i64,
    }
}

statements! {
    /// The embedded store keeps these by itself, for numbered tables.
    NUMBERS -> NumberRow = Sql::each(
        "SELECT name, seq FROM sqlite_sequence ORDER BY name",
        "SELECT '' AS name, CAST(0 AS bigint) AS seq WHERE 1 = 0",
    );
    PARTS -> (i64,) = Sql::both("SELECT DISTINCT id / $1 AS part FROM log ORDER BY part");
    ADD_MOVE = Sql::both("INSERT INTO store_moves (id, moved_at) VALUES ($1, $2)");
    MOVE -> (i64,) = Sql::both("SELECT moved_at FROM store_moves WHERE id = $1");
}

/// What is moved, and when.
#[derive(Debug, Clone)]
pub struct Move {
    /// The move's own id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What the audit trail of the store says of it where it arrives.
    pub record: Record,
}

/// A table that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTable {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// Of all of them, in any order.
    pub checksum: Checksum,
}

/// How far a move has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveProgress<'a> {
    /// So many rows of this table are written.
    Written(&'a str, u64),
    /// This table is written, and is read back.
    Compared(&'a MovedTable),
}

/// A move that lacks nothing but its commit. Dropped, it has done nothing.
pub struct ReadyMove {
    bulk: Bulk,
    /// Held to the end, so that nobody sets the database up meanwhile.
    _lock: Locks,
    /// Every table, in order of their names.
    pub tables: Vec<MovedTable>,
}

/// Whether a move has been committed to this database.
pub async fn has_arrived(target: &Database, id: Uuid) -> Result<bool> {
    if !target.tables().await?.iter().any(|table| table.name == MOVES) {
        return Ok(false);
    }
    Ok(target.query_opt::<(i64,)>(MOVE, params![id]).await?.is_some())
}

/// Brings everything that the embedded store `source` holds into the database `target`, which must hold
/// no table. Nobody may write to either meanwhile: the source is this process's alone, and the target
/// is locked against whoever would set it up.
pub async fn prepare_move(
    source: &Database,
    target: &Database,
    what: Move,
    show: &mut (dyn FnMut(MoveProgress<'_>) + Send),
) -> Result<ReadyMove> {
    let mut lock = target.locks().await?;
    lock.hold(migrations::LOCK).await?;
    let there = target.tables().await?;
    if !there.is_empty() {
        return Err(StorageError::NotEmpty { tables: there.len() });
    }
    let mut bulk = target.bulk().await?;
    migrations::apply_all(&mut bulk).await?;
    let tables = shared_tables(source, &mut bulk).await?;
    // What migrations put there stands in the source as well.
    bulk.empty(&tables).await?;
    make_partitions(source, &mut bulk).await?;
    let mut moved = Vec::with_capacity(tables.len());
    for table in &tables {
        moved.push(copy(source, &mut bulk, table, show).await?);
    }
    go_on_numbering(source, &mut bulk, &tables).await?;
    for (table, written) in tables.iter().zip(&moved) {
        compare(&mut bulk, table, written).await?;
        show(MoveProgress::Compared(written));
    }
    bulk.execute(ADD_MOVE, params![what.id, what.at.micros()]).await?;
    let Write { sql, params, .. } = audit::record(what.record);
    bulk.execute(sql, params).await?;
    bulk.analyze().await?;
    Ok(ReadyMove { bulk, _lock: lock, tables: moved })
}

impl ReadyMove {
    /// Commits. If the database says that the outcome is unknown, [`has_arrived`] knows it later.
    pub async fn commit(self) -> Result<()> {
        Ok(self.bulk.commit().await?)
    }
}

/// The tables to move, which both sides must have with the same columns.
async fn shared_tables(source: &Database, bulk: &mut Bulk) -> Result<Vec<Table>> {
    let own = |tables: Vec<Table>| -> Vec<Table> {
        tables.into_iter().filter(|table| table.name != OWN).collect()
    };
    let (here, there) = (own(source.tables().await?), own(bulk.tables().await?));
    let differs = |table: &Table, others: &[Table]| {
        others.iter().all(|other| other.name != table.name || !same_columns(table, other))
    };
    let odd = here.iter().find(|table| differs(table, &there));
    let odd = odd.or_else(|| there.iter().find(|table| differs(table, &here)));
    match odd {
        Some(table) => Err(StorageError::OtherSchema { table: table.name.clone() }),
        None => Ok(there),
    }
}

fn same_columns(one: &Table, other: &Table) -> bool {
    one.columns.len() == other.columns.len()
        && one.columns.iter().all(|column| other.columns.contains(column))
}

/// Makes the partitions of the log that its rows will be in.
async fn make_partitions(source: &Database, bulk: &mut Bulk) -> Result<()> {
    let parts: Vec<(i64,)> = source.query(PARTS, params![LOG_PARTITION_ROWS]).await?;
    // The first one is there.
    for (part,) in parts.into_iter().filter(|(part,)| *part > 0) {
        bulk.script(&retention::partition(part * LOG_PARTITION_ROWS, LOG_PARTITION_ROWS)).await?;
    }
    Ok(())
}

async fn copy(
    source: &Database,
    bulk: &mut Bulk,
    table: &Table,
    show: &mut (dyn FnMut(MoveProgress<'_>) + Send),
) -> Result<MovedTable> {
    let (mut rows, mut checksum) = (0, Checksum::default());
    let mut scan = source.scan(table).await?;
    while let Some(batch) = scan.next().await? {
        bulk.fill(table, &batch).await?;
        for row in &batch {
            checksum.add(row);
        }
        rows += batch.len() as u64;
        show(MoveProgress::Written(&table.name, rows));
    }
    Ok(MovedTable { name: table.name.clone(), rows, checksum })
}

/// Has numbered tables go on after the last number that the source ever gave, also one that is gone.
async fn go_on_numbering(source: &Database, bulk: &mut Bulk, tables: &[Table]) -> Result<()> {
    let numbers: Vec<NumberRow> = source.query(NUMBERS, Vec::new()).await?;
    for NumberRow { name, seq } in numbers {
        let table = tables.iter().find(|table| table.name == name);
        let numbered = match table {
            Some(table) => bulk.number_after(table, seq).await?,
            None => false,
        };
        if !numbered {
            return Err(StorageError::OtherSchema { table: name });
        }
    }
    Ok(())
}

async fn compare(bulk: &mut Bulk, table: &Table, written: &MovedTable) -> Result<()> {
    let (mut rows, mut checksum) = (0_u64, Checksum::default());
    let read = bulk.read(table, |row| {
        rows += 1;
        checksum.add(&row);
    });
    read.await?;
    if (rows, checksum) == (written.rows, written.checksum) {
        Ok(())
    } else {
        let (table, wrote) = (table.name.clone(), written.rows);
        Err(StorageError::ReadsOtherwise { table, wrote, read: rows })
    }
}
