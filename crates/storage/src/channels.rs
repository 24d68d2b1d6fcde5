//! Channels: ways to notify people.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ChannelId, ProjectId, Timestamp};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    secrets::SealedItemRow,
    statement::{Query, Write, statements},
};

row! {
    /// A channel.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ChannelRow {
        /// Its id.
        pub id: ChannelId as Uuid,
        /// Its name.
        pub name: String,
        /// What kind of channel.
        pub kind: String,
        /// What everybody of the project may see of it.
        pub settings: serde_json::Value,
        /// What nobody may, sealed.
        pub sealed: Option<Vec<u8>>,
        /// Rises with each change.
        pub version: u64,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was changed last.
        pub updated_at: Timestamp as i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, name, kind, settings, sealed, version, created_at, updated_at \
             FROM channels ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO channels \
         (id, project_id, actor, name, kind, settings, sealed, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)",
    );
    UPDATE = Sql::both(
        "UPDATE channels SET actor = $3, name = $4, settings = $5, sealed = $6, \
         version = version + 1, updated_at = $7 \
         WHERE project_id = $1 AND id = $2 AND version = $8",
    );
    FIND -> ChannelRow = select!("WHERE project_id = $1 AND id = $2");
    FIND_NAMED -> ChannelRow = select!("WHERE project_id = $1 AND name = $2");
    LIST -> ChannelRow = select!("WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    COUNT = Sql::both("SELECT count(*) FROM channels WHERE project_id = $1");
    DELETE = Sql::both("DELETE FROM channels WHERE project_id = $1 AND id = $2");
    UNDER_OTHERS = Sql::both(
        "SELECT count(*) FROM channels WHERE sealed IS NOT NULL AND substr(sealed, 2, 8) <> $1",
    );
    NEXT_UNDER_OTHERS -> SealedItemRow = Sql::both(
        "SELECT id, project_id, name, sealed FROM channels \
         WHERE sealed IS NOT NULL AND substr(sealed, 2, 8) <> $1 AND id > $2 ORDER BY id LIMIT $3",
    );
    RESEAL = Sql::both("UPDATE channels SET sealed = $3 WHERE id = $1 AND sealed = $2");
}

/// Makes a channel of version 1. A name that is taken violates `channels_project_id_name_key`.
pub fn insert(project_id: ProjectId, actor: Actor, channel: &ChannelRow) -> Write {
    let ChannelRow { id, name, kind, settings, sealed, created_at, .. } = channel;
    Write::new(
        INSERT,
        params![
            id.uuid(),
            project_id.uuid(),
            actor_text(actor),
            name,
            kind,
            settings,
            sealed.as_deref(),
            created_at.micros(),
        ],
    )
}

/// Changes all but id and kind, if the channel still has the version of `channel`.
pub fn update(project_id: ProjectId, actor: Actor, channel: &ChannelRow) -> Write {
    let ChannelRow { id, name, settings, sealed, version, updated_at, .. } = channel;
    Write::new(
        UPDATE,
        params![
            project_id.uuid(),
            id.uuid(),
            actor_text(actor),
            name,
            settings,
            sealed.as_deref(),
            updated_at.micros(),
            i64::try_from(*version).unwrap_or(i64::MAX),
        ],
    )
}

/// The channel of that id.
pub fn find(project_id: ProjectId, id: ChannelId) -> Query<ChannelRow> {
    Query::new(FIND, params![project_id.uuid(), id.uuid()])
}

/// The channel of that name.
pub fn find_named(project_id: ProjectId, name: &str) -> Query<ChannelRow> {
    Query::new(FIND_NAMED, params![project_id.uuid(), name])
}

/// Channels in the order in which they were made.
pub fn list(project_id: ProjectId, after: Option<Uuid>, limit: u32) -> Query<ChannelRow> {
    Query::new(LIST, params![project_id.uuid(), after.unwrap_or_default(), limit])
}

/// How many channels there are.
pub fn count(project_id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid()])
}

/// Removes a channel.
pub fn delete(project_id: ProjectId, id: ChannelId) -> Write {
    Write::new(DELETE, params![project_id.uuid(), id.uuid()])
}

/// How many channels have something sealed under another key than this one.
pub fn count_under_others(key_id: &[u8]) -> Query<(u64,)> {
    Query::new(UNDER_OTHERS, params![key_id])
}

/// Those channels, in the order of their ids.
pub fn next_under_others(key_id: &[u8], after: Uuid, limit: u32) -> Query<SealedItemRow> {
    Query::new(NEXT_UNDER_OTHERS, params![key_id, after, limit])
}

/// Puts a sealed value in the place of the same value sealed otherwise; nothing if it was written anew
/// meanwhile.
pub fn reseal(id: Uuid, from: &[u8], to: &[u8]) -> Write {
    Write::new(RESEAL, params![id, from, to])
}
