//! Definitions, of agents and of pipelines: a name, and immutable versions of content.

use gathering_database::{Sql, Statement, params, row};
use gathering_domain::{Actor, ProjectId, Timestamp};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    statement::{Query, Write, statements},
};

/// Names the failure of a run whose definition was remembered and has changed since.
pub const OUTDATED_CONSTRAINT: &str = "definitions_still_at";

/// What is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    /// An agent.
    Agent,
    /// A pipeline.
    Pipeline,
    /// An agent pinned to its tools: what a turn runs by. Has versions only.
    Turn,
}

row! {
    /// A definition with the content of its present version.
    #[derive(Debug, Clone, PartialEq)]
    pub struct DefinitionRow {
        /// Its id.
        pub id: Uuid,
        /// Its name.
        pub name: String,
        /// Rises with each change.
        pub version: u64,
        /// Its present version.
        pub version_id: Uuid,
        /// The SHA-256 of the present content's canonical form.
        pub hash: Vec<u8>,
        /// The present content.
        pub content: serde_json::Value,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was changed last.
        pub updated_at: Timestamp as i64,
    }

    /// A definition without its content.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DefinitionSummary {
        /// Its id.
        pub id: Uuid,
        /// Its name.
        pub name: String,
        /// Rises with each change.
        pub version: u64,
        /// Its present version.
        pub version_id: Uuid,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was changed last.
        pub updated_at: Timestamp as i64,
    }

    /// An immutable version.
    #[derive(Debug, Clone, PartialEq)]
    pub struct VersionRow {
        /// Its id.
        pub id: Uuid,
        /// Of which definition it is; none if it came with a run.
        pub definition_id: Option<Uuid>,
        /// Its number among those of its definition, from 1.
        pub number: u64,
        /// The SHA-256 of the content's canonical form.
        pub hash: Vec<u8>,
        /// The content.
        pub content: serde_json::Value,
        /// When it was made.
        pub created_at: Timestamp as i64,
    }
}

/// A version that comes into being.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project_id: ProjectId,
    /// Who made it.
    pub actor: Actor,
    /// What is defined.
    pub kind: DefinitionKind,
    /// Of which definition it is, and its number there; none if it came with a run.
    pub of: Option<(Uuid, u64)>,
    /// The SHA-256 of the content's canonical form.
    pub hash: [u8; 32],
    /// The content.
    pub content: serde_json::Value,
    /// When.
    pub now: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT d.id, d.name, d.version, d.version_id, v.hash, v.content, d.created_at, \
             d.updated_at FROM definitions d JOIN definition_versions v ON v.id = d.version_id ",
            $rest
        ))
    };
}

macro_rules! select_version {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, definition_id, number, hash, content, created_at \
             FROM definition_versions ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO definitions \
         (id, project_id, actor, kind, name, version, version_id, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $7)",
    );
    INSERT_VERSION = Sql::both(
        "INSERT INTO definition_versions \
         (id, project_id, actor, kind, definition_id, number, hash, content, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    INSERT_LOOSE_VERSION = Sql::both(
        "INSERT INTO definition_versions \
         (id, project_id, actor, kind, definition_id, number, hash, content, created_at) \
         VALUES ($1, $2, $3, $4, NULL, 1, $5, $6, $7) \
         ON CONFLICT (project_id, kind, hash) WHERE definition_id IS NULL DO NOTHING",
    );
    UPDATE = Sql::both(
        "UPDATE definitions SET actor = $3, name = $4, version = version + 1, version_id = $5, \
         updated_at = $6 WHERE project_id = $1 AND id = $2 AND version = $7",
    );
    FIND -> DefinitionRow = select!("WHERE d.project_id = $1 AND d.kind = $2 AND d.id = $3");
    FIND_NAMED -> DefinitionRow =
        select!("WHERE d.project_id = $1 AND d.kind = $2 AND d.name = $3");
    LIST -> DefinitionRow = select!(
        "WHERE d.project_id = $1 AND d.kind = $2 AND d.id > $3 ORDER BY d.id LIMIT $4"
    );
    LIST_SUMMARIES -> DefinitionSummary = Sql::both(
        "SELECT id, name, version, version_id, created_at, updated_at FROM definitions \
         WHERE project_id = $1 AND kind = $2 AND id > $3 ORDER BY id LIMIT $4",
    );
    STILL_AT = Sql::both("SELECT 1 FROM definitions WHERE id = $1 AND version_id = $2");
    FIND_SUMMARY -> DefinitionSummary = Sql::both(
        "SELECT id, name, version, version_id, created_at, updated_at FROM definitions \
         WHERE project_id = $1 AND kind = $2 AND id = $3",
    );
    FIND_SUMMARY_NAMED -> DefinitionSummary = Sql::both(
        "SELECT id, name, version, version_id, created_at, updated_at FROM definitions \
         WHERE project_id = $1 AND kind = $2 AND name = $3",
    );
    COUNT = Sql::both("SELECT count(*) FROM definitions WHERE project_id = $1 AND kind = $2");
    DELETE = Sql::both("DELETE FROM definitions WHERE project_id = $1 AND kind = $2 AND id = $3");
    FIND_VERSION -> VersionRow =
        select_version!("WHERE project_id = $1 AND kind = $2 AND id = $3");
    FIND_LOOSE_VERSION -> VersionRow = select_version!(
        "WHERE project_id = $1 AND kind = $2 AND hash = $3 AND definition_id IS NULL"
    );
    LOAD_VERSION -> VersionRow = select_version!("WHERE kind = $1 AND id = $2");
    LIST_VERSIONS -> VersionRow = select_version!(
        "WHERE definition_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
    );
}

/// Makes a definition of version 1, whose content is `version`. A name that is taken violates
/// `definitions_project_id_kind_name_key`.
pub fn insert(id: Uuid, name: &str, version: &NewVersion) -> Write {
    Write::new(
        INSERT,
        params![
            id,
            version.project_id.uuid(),
            actor_text(version.actor),
            version.kind.as_str(),
            name,
            version.id,
            version.now.micros(),
        ],
    )
}

/// Makes a version. One that belongs to nothing stored and exists already is left as it is: read it
/// back with [`find_loose_version`].
pub fn insert_version(version: &NewVersion) -> Write {
    let NewVersion { id, project_id, actor, kind, of, hash, content, now } = version;
    let (project_id, actor, kind) = (project_id.uuid(), actor_text(*actor), kind.as_str());
    let (hash, now) = (&hash[..], now.micros());
    match of {
        Some((definition, number)) => {
            let number = signed(*number);
            Write::new(
                INSERT_VERSION,
                params![*id, project_id, actor, kind, *definition, number, hash, content, now],
            )
        }
        None => Write::new(
            INSERT_LOOSE_VERSION,
            params![*id, project_id, actor, kind, hash, content, now],
        ),
    }
}

/// Gives a definition another name and version, if it is still at `version`. Touches one row or none.
pub fn update(id: Uuid, version: u64, name: &str, to: &NewVersion) -> Write {
    Write::new(
        UPDATE,
        params![
            to.project_id.uuid(),
            id,
            actor_text(to.actor),
            name,
            to.id,
            to.now.micros(),
            signed(version),
        ],
    )
}

/// The definition of that id.
pub fn find(project_id: ProjectId, kind: DefinitionKind, id: Uuid) -> Query<DefinitionRow> {
    Query::new(FIND, params![project_id.uuid(), kind.as_str(), id])
}

/// The definition of that name.
pub fn find_named(project_id: ProjectId, kind: DefinitionKind, name: &str) -> Query<DefinitionRow> {
    Query::new(FIND_NAMED, params![project_id.uuid(), kind.as_str(), name])
}

/// The definition of that id, without its content.
pub fn find_summary(
    project_id: ProjectId,
    kind: DefinitionKind,
    id: Uuid,
) -> Query<DefinitionSummary> {
    Query::new(FIND_SUMMARY, params![project_id.uuid(), kind.as_str(), id])
}

/// The definition of that name, without its content.
pub fn find_summary_named(
    project_id: ProjectId,
    kind: DefinitionKind,
    name: &str,
) -> Query<DefinitionSummary> {
    Query::new(FIND_SUMMARY_NAMED, params![project_id.uuid(), kind.as_str(), name])
}

/// Makes sure that a definition is still at that version; fails the unit otherwise.
pub(crate) fn still_at(id: Uuid, version_id: Uuid) -> Statement {
    Statement::new(STILL_AT, params![id, version_id]).expecting(1).returning()
}

/// Definitions in the order in which they were made.
pub fn list(
    project_id: ProjectId,
    kind: DefinitionKind,
    after: Option<Uuid>,
    limit: u32,
) -> Query<DefinitionRow> {
    let after = after.unwrap_or(Uuid::nil());
    Query::new(LIST, params![project_id.uuid(), kind.as_str(), after, limit])
}

/// The same without their content.
pub fn list_summaries(
    project_id: ProjectId,
    kind: DefinitionKind,
    after: Option<Uuid>,
    limit: u32,
) -> Query<DefinitionSummary> {
    let after = after.unwrap_or(Uuid::nil());
    Query::new(LIST_SUMMARIES, params![project_id.uuid(), kind.as_str(), after, limit])
}

/// How many definitions of a kind there are.
pub fn count(project_id: ProjectId, kind: DefinitionKind) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid(), kind.as_str()])
}

/// Removes a definition; its versions stay.
pub fn delete(project_id: ProjectId, kind: DefinitionKind, id: Uuid) -> Write {
    Write::new(DELETE, params![project_id.uuid(), kind.as_str(), id])
}

/// The version of that id.
pub fn find_version(project_id: ProjectId, kind: DefinitionKind, id: Uuid) -> Query<VersionRow> {
    Query::new(FIND_VERSION, params![project_id.uuid(), kind.as_str(), id])
}

/// The version of that id, in whatever project: for a run that is pinned to it.
pub fn load_version(kind: DefinitionKind, id: Uuid) -> Query<VersionRow> {
    Query::new(LOAD_VERSION, params![kind.as_str(), id])
}

/// The version of that content that belongs to nothing stored.
pub fn find_loose_version(
    project_id: ProjectId,
    kind: DefinitionKind,
    hash: &[u8; 32],
) -> Query<VersionRow> {
    Query::new(FIND_LOOSE_VERSION, params![project_id.uuid(), kind.as_str(), &hash[..]])
}

/// Versions of a definition, the newest first, below a number.
pub fn list_versions(id: Uuid, below: Option<u64>, limit: u32) -> Query<VersionRow> {
    Query::new(LIST_VERSIONS, params![id, signed(below.unwrap_or(u64::MAX)), limit])
}

impl DefinitionKind {
    /// The word that the database uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Pipeline => "pipeline",
            Self::Turn => "turn",
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
