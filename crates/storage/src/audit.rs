//! The audit trail: what is recorded, in chains, one for each process that writes, under checkpoints.
//!
//! A change and its record are one transaction: [`record`] writes the record beside the change and asks
//! nobody. Soon after, [`Chaining`] moves records to the ends of chains, and checkpoints seal the chains.

mod chains;
mod checkpoints;
mod entries;
mod pending;

pub use chains::{ChainEndRow, Chaining, Head, end, unsealed};
pub use checkpoints::{
    CheckpointRow, KeyRow, NewCheckpoint, checkpoints, count_under_others, insert_checkpoint,
    insert_key, keys, last_checkpoint, newest_key, next_under_others, number_before, reseal,
};
pub use entries::{
    EntryFilter, EntryPlace, EntryRow, LinkRow, SpanRow, between, last_of, link, list, of_stream,
    streams,
};
pub use pending::{PendingRow, Record, pending, record, record_if_told};

use crate::statement::Declared;

/// The bytes of the hash of an entry and of everything before it.
pub type ChainHash = [u8; 32];

/// The statements of the trail, file by file.
pub(crate) const STATEMENTS: [&[Declared]; 4] =
    [chains::STATEMENTS, checkpoints::STATEMENTS, entries::STATEMENTS, pending::STATEMENTS];
