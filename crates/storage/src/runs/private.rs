//! Runs that answer the messages of a person's thread, or came of their events: they are that person's.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, RunId};
use uuid::Uuid;

use crate::actor::actor_text;
use crate::column;
use crate::statement::{Query, statements};

/// The runs `own` that are somebody's, and whose: where the topmost run above says so, as it does if it was
/// started for an event of such a run, or where that run, or the one of which it is a retry, answers a message.
macro_rules! persons {
    () => {
        "LEFT JOIN runs AS top ON top.id = own.root_run_id \
           LEFT JOIN messages ON messages.run_id = top.first_run_id "
    };
}

/// Whose the run is that [`persons`] found, or null.
macro_rules! person {
    () => {
        "COALESCE(top.private_to, messages.actor)"
    };
}

/// Whether what belongs to the run `$run` may be shown to the actor `$actor`; to all if that is null.
macro_rules! shown_to {
    ($run:literal, $actor:literal) => {
        concat!(
            "(CAST(",
            $actor,
            " AS text) IS NULL OR NOT EXISTS (SELECT 1 FROM runs AS own ",
            $crate::runs::persons!(),
            "WHERE own.id = ",
            $run,
            " AND ",
            $crate::runs::person!(),
            " <> ",
            $actor,
            "))"
        )
    };
}

/// The same for what outlives its run: without that, nobody can say whose it was. What belongs to no run at
/// all is shown.
macro_rules! still_shown_to {
    ($run:literal, $actor:literal) => {
        concat!(
            "(CAST(",
            $actor,
            " AS text) IS NULL OR ",
            $run,
            " IS NULL OR EXISTS (SELECT 1 FROM runs AS own ",
            $crate::runs::persons!(),
            "WHERE own.id = ",
            $run,
            " AND COALESCE(",
            $crate::runs::person!(),
            ", ",
            $actor,
            ") = ",
            $actor,
            "))"
        )
    };
}
pub(crate) use {person, persons, shown_to, still_shown_to};

row! {
    /// Whose a run is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct PersonRow {
        /// The run.
        pub run_id: RunId as Uuid,
        /// The person whose it is alone; none, if all may see it.
        pub actor: Option<Actor> as Option<String> => |text| column::json(text),
    }
}

statements! {
    HIDDEN -> (Uuid,) = Sql::each(
        concat!(
            "SELECT unhex(asked.value) FROM json_each($1) AS asked \
               LEFT JOIN runs AS own ON own.id = unhex(asked.value) ",
            persons!(), "WHERE own.id IS NULL OR ", person!(), " <> $2"
        ),
        concat!(
            "SELECT CAST(asked.value AS uuid) \
             FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb)) AS asked(value) \
               LEFT JOIN runs AS own ON own.id = CAST(asked.value AS uuid) ",
            persons!(), "WHERE own.id IS NULL OR ", person!(), " <> $2"
        ),
    );
    PERSONS -> PersonRow = Sql::each(
        concat!(
            "SELECT own.id AS run_id, ", person!(), " AS actor FROM json_each($1) AS asked \
               JOIN runs AS own ON own.id = unhex(asked.value) ",
            persons!()
        ),
        concat!(
            "SELECT own.id AS run_id, ", person!(), " AS actor \
             FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb)) AS asked(value) \
               JOIN runs AS own ON own.id = CAST(asked.value AS uuid) ",
            persons!()
        ),
    );
}

/// Those of the runs that are another person's than the actor, or of which nobody can say so any more.
pub fn find_hidden(runs: &[RunId], from: Actor) -> Query<(Uuid,)> {
    Query::new(HIDDEN, params![ids(runs), actor_text(from)])
}

/// Whose the runs are; nothing of one that there is no more.
pub fn find_persons(runs: &[RunId]) -> Query<PersonRow> {
    Query::new(PERSONS, params![ids(runs)])
}

fn ids(runs: &[RunId]) -> serde_json::Value {
    runs.iter().map(|run| run.uuid().simple().to_string()).collect()
}
