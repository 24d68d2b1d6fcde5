//! Runs that answer the messages of a person's thread, which are that person's.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, RunId};
use uuid::Uuid;

use crate::actor::actor_text;
use crate::statement::{Query, statements};

/// Whether what belongs to the run `$run` may be shown to the actor `$actor`; to all if that is null.
/// A run is somebody's if it, or the topmost run above it, or that of which this is a retry, answers a
/// message of theirs.
macro_rules! shown_to {
    ($run:literal, $actor:literal) => {
        concat!(
            "(CAST(",
            $actor,
            " AS text) IS NULL OR NOT EXISTS ( \
               SELECT 1 FROM runs AS own JOIN runs AS top ON top.id = own.root_run_id \
                 JOIN messages ON messages.run_id = top.first_run_id \
               WHERE own.id = ",
            $run,
            " AND messages.actor <> ",
            $actor,
            "))"
        )
    };
}
pub(crate) use shown_to;

row! {
    /// Somebody whose message a run answers.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct SpeakerRow {
        /// The run.
        pub run_id: RunId as Uuid,
        /// Who.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
    }
}

statements! {
    HIDDEN -> (Uuid,) = Sql::each(
        "SELECT unhex(asked.value) FROM json_each($1) AS asked \
           LEFT JOIN runs AS own ON own.id = unhex(asked.value) \
           LEFT JOIN runs AS top ON top.id = own.root_run_id \
           LEFT JOIN messages ON messages.run_id = top.first_run_id \
         WHERE own.id IS NULL OR messages.actor <> $2",
        "SELECT CAST(asked.value AS uuid) \
         FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb)) AS asked(value) \
           LEFT JOIN runs AS own ON own.id = CAST(asked.value AS uuid) \
           LEFT JOIN runs AS top ON top.id = own.root_run_id \
           LEFT JOIN messages ON messages.run_id = top.first_run_id \
         WHERE own.id IS NULL OR messages.actor <> $2",
    );
    SPEAKERS -> SpeakerRow = Sql::each(
        "SELECT own.id AS run_id, messages.actor AS actor FROM json_each($1) AS asked \
           JOIN runs AS own ON own.id = unhex(asked.value) \
           JOIN runs AS top ON top.id = own.root_run_id \
           JOIN messages ON messages.run_id = top.first_run_id",
        "SELECT own.id AS run_id, messages.actor AS actor \
           FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb)) AS asked(value) \
           JOIN runs AS own ON own.id = CAST(asked.value AS uuid) \
           JOIN runs AS top ON top.id = own.root_run_id \
           JOIN messages ON messages.run_id = top.first_run_id",
    );
}

/// Those of the runs that are another person's than the actor, or of which nobody can say so any more.
pub fn find_hidden(runs: &[RunId], from: Actor) -> Query<(Uuid,)> {
    Query::new(HIDDEN, params![ids(runs), actor_text(from)])
}

/// Whose messages the runs answer, as far as they answer any.
pub fn find_speakers(runs: &[RunId]) -> Query<SpeakerRow> {
    Query::new(SPEAKERS, params![ids(runs)])
}

fn ids(runs: &[RunId]) -> serde_json::Value {
    runs.iter().map(|run| run.uuid().simple().to_string()).collect()
}
