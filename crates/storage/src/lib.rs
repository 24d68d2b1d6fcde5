//! The log, projections, repositories, claims and migrations: all SQL, written once.
//!
//! Everything durable goes through here, and every text of SQL stands here. The parts:
//!
//! - The **log** ([`LogWriter`]): what runs append, packed into one row per flush, with its consequences
//!   ([`Append`]) in the same transaction, behind the fence of the instance. [`read_log`] and
//!   [`LogTail`] serve subscribers; nobody sees a row that an earlier one could still come before.
//! - **Runs** ([`RunRow`], [`claim`], [`load`]): who owns what, what may be claimed, within which limits
//!   ([`RunLimit`]), and the journal.
//! - The **inbox** ([`InboxMessage`], [`LogWriter::poke`]): what others tell a run.
//! - The **journal index** ([`Projector`]): a projection that can be dropped and rebuilt.
//! - **Instances** ([`register`], [`mark_dead`]): who may write.
//! - [`retention`]: what is old goes.
//! - Whole stores: [`moving`] one into another database, and what one must forget that is [`restored`].
//! - One file per further noun, each a set of functions that make a [`Query`] or a [`Write`]. A new noun
//!   copies `budgets.rs`, adds its `STATEMENTS` to `statement.rs`, and its tables to a new migration.

mod actor;
mod column;
mod error;
mod statement;

mod migrations;
mod store;

pub mod moving;
pub mod restored;
pub mod retention;

mod blobs;
mod log;
mod projection;

mod inbox;
mod runs;

mod approvals;
mod budgets;
mod idempotency;
mod instances;
mod ledger;

pub mod api_keys;
pub mod expired;
pub mod invitations;
pub mod memberships;
pub mod projects;
pub mod sessions;
pub mod users;

pub mod audit;

pub mod definitions;
pub mod names;
pub mod providers;
pub mod quotas;
pub mod schedules;
pub mod secrets;

pub mod artifacts;
pub mod threads;

pub mod channels;
pub mod cursors;
pub mod deliveries;
pub mod hooks;
pub mod starters;
pub mod triggers;
pub mod webhooks;

pub use gathering_database::{
    Database, DatabaseOptions, DirectoryClaim, Engine, Error as DatabaseError, Listener, Locks,
    Notice, Reader, Tx, Unit, Waited, departed, snapshot,
};

pub use approvals::{
    ApprovalRow, ApprovalState, find_approval, list_approvals, list_approvals_of_decider,
    list_run_approvals,
};
pub use blobs::{BLOB_BYTES_MAX, Blob, BlobHash, BlobRow, find_blob, insert_blob};
pub use budgets::grants::{
    GrantAnswer, GrantChanges, GrantRequest, MOST_TOLD, give_back, open_grants, refused_runs,
    reserve,
};
pub use budgets::{BudgetRow, find_budget};
pub use error::{AppendError, Result, StorageError};
pub use idempotency::{
    IDEMPOTENCY_CONSTRAINT, Idempotency, IdempotencyRow, find_idempotency_key, take_idempotency_key,
};
pub use inbox::{InboxMessage, InboxRow, list_inbox};
pub use instances::{
    About, Death, Heart, InstanceRow, has_vanished, list_instances, lock_of, mark_dead, register,
    retire, silent_instances,
};
pub use ledger::{EffectRow, find_effect, list_effects, list_unknown_effects, settle_ended};
pub use log::{
    Append, Appended, CancelRun, ENTRIES_PER_ROW, FamilyPage, Flushed, LogEntry, LogFilter,
    LogObserver, LogPage, LogTail, LogTailService, LogWriter, LogWriterOptions, LogWriterService,
    NewApproval, NewChildRun, Poked, Position, Recovered, RunChange, RunFamily, RunsChanged, Told,
    UnreadableEntry, read_family_log, read_log,
};
pub use migrations::{migrate, newest_version, pending_migrations, schema_version};
pub use projection::{Projector, Sliced, forget_journal_index};
pub use runs::{
    CLAIM_MAX, ClaimedRun, FamilyCount, JournalPage, LoadedRun, NewRun, PLACES_PAGE, PersonRow,
    PlacesAfter, RETRIED_CONSTRAINT, RETRY_CONSTRAINT, RunFilter, RunGlance, RunLimit, RunRow,
    RunsAfter, UsageRow, child_ids, claim, count_due, count_family, find_hidden, find_persons,
    find_retry, find_run, find_unended, find_unended_of_project, find_unknown, forget_places,
    glance, list_children, list_owned, list_runs, load, load_first, load_inbox, load_journal,
    load_journal_leniently, load_journal_page, load_journal_since, next_wake, owned_with_news,
    sum_up,
};
pub use statement::{Declared, Query, Write, all as all_statements};
pub use store::Storage;
