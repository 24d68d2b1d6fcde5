//! Cursors: how far each consumer of the log has come, and who reads on for it.

use gathering_database::{Sql, params, row};
use gathering_domain::Timestamp;
use uuid::Uuid;

use crate::{
    Position,
    statement::{Query, Write, statements},
};

row! {
    /// A cursor.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CursorRow {
        /// Everything up to here has been dealt with.
        pub position: Position as i64 => |position| Some(Position(position)),
        /// Who reads on for it.
        pub holder: Option<Uuid>,
        /// Until when nobody else does.
        pub held_until: Timestamp as i64,
    }
}

statements! {
    /// At the last place of the last row: 4096 entries fit into one.
    BEGIN = Sql::both(
        "INSERT INTO cursors (name, position, held_until) \
         SELECT $1, COALESCE(MAX(id), 0) * 4096 + 4095, 0 FROM log WHERE 1 = 1 \
         ON CONFLICT (name) DO NOTHING"
    );
    FIND -> CursorRow =
        Sql::both("SELECT position, holder, held_until FROM cursors WHERE name = $1");
    /// 4096 entries fit into a row.
    BEHIND = Sql::both(
        "SELECT name, (SELECT COALESCE(MAX(id), 0) FROM log) - position / 4096 FROM cursors"
    );
    HOLD = Sql::both(
        "UPDATE cursors SET holder = $2, held_until = $3 \
         WHERE name = $1 AND (holder IS NULL OR holder = $2 OR held_until <= $4 OR held_until > $5)"
    );
    ADVANCE = Sql::both(
        "UPDATE cursors SET position = $4, held_until = $5 \
         WHERE name = $1 AND holder = $2 AND position = $3"
    );
    GIVE_BACK = Sql::both(
        "UPDATE cursors SET holder = NULL, held_until = 0 WHERE name = $1 AND holder = $2"
    );
}

/// Makes the cursor at the present end of the log, unless it is there.
pub fn begin(name: &str) -> Write {
    Write::new(BEGIN, params![name])
}

/// The cursor of that name.
pub fn find(name: &str) -> Query<CursorRow> {
    Query::new(FIND, params![name])
}

/// How many rows of the log each cursor has still before it, by its name.
pub fn behind() -> Query<(String, i64)> {
    Query::new(BEHIND, params![])
}

/// Holds the cursor until then, if nobody else does now; touches no row otherwise. Nobody holds it for longer
/// than until `longest`: whoever seems to had a clock that was wrong.
pub fn hold(
    name: &str,
    holder: Uuid,
    until: Timestamp,
    (now, longest): (Timestamp, Timestamp),
) -> Write {
    let times = (until.micros(), now.micros(), longest.micros());
    Write::new(HOLD, params![name, holder, times.0, times.1, times.2])
}

/// Moves the cursor from one position to another and holds it until then; touches no row if somebody else
/// has taken it, or moved it.
pub fn advance(
    name: &str,
    holder: Uuid,
    (from, to): (Position, Position),
    until: Timestamp,
) -> Write {
    Write::new(ADVANCE, params![name, holder, from.0, to.0, until.micros()])
}

/// Lets go of the cursor.
pub fn give_back(name: &str, holder: Uuid) -> Write {
    Write::new(GIVE_BACK, params![name, holder])
}
