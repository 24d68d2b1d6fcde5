//! The note beside an embedded store that goes, or has gone, to PostgreSQL.

use std::path::Path;

use anyhow::Context as _;
use gathering_storage::departed;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What stands in the note beside a store that goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The move.
    pub(crate) id: Uuid,
    /// Where it goes, without a password.
    pub(crate) to: String,
    /// When, in RFC 3339.
    pub(crate) at: String,
    /// Whether it is known to have arrived.
    pub(crate) arrived: bool,
}

impl Note {
    /// The note of a data directory, if there is one.
    pub(crate) fn of(directory: &Path) -> anyhow::Result<Option<Self>> {
        let Some(text) = departed(directory)? else { return Ok(None) };
        let note = serde_json::from_str(&text).with_context(|| {
            format!("could not read the note in `{}` that its store was moved", directory.display())
        })?;
        Ok(Some(note))
    }

    /// As it is written.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        serde_json::to_string(self).context("could not write the note of the move")
    }
}

/// What is said of a data directory whose store has gone.
pub(crate) fn where_to(directory: &Path) -> String {
    match Note::of(directory) {
        Ok(Some(Note { to, arrived: true, .. })) => {
            format!("this store was moved to {to}: set `database.url` to that")
        }
        Ok(Some(Note { to, .. })) => format!(
            "a move of this store to {to} was cut off at its end: run `gathering migrate --to` again"
        ),
        Ok(None) => "this store was moved".to_owned(),
        Err(error) => format!("{error:#}"),
    }
}
