//! Artifacts: named stored outputs, whose bytes are blobs.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ArtifactId, EffectId, ProjectId, RunId, Timestamp};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    runs::shown_to,
    statement::{Query, Write, statements},
};

row! {
    /// An artifact without its bytes.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ArtifactRow {
        /// Its id.
        pub id: ArtifactId as Uuid,
        /// The run that made it.
        pub run_id: Option<RunId> as Option<Uuid> => |id| Some(id.map(RunId::from_uuid)),
        /// Its name.
        pub name: String,
        /// Its media type.
        pub media_type: String,
        /// Its size in bytes.
        pub size: u64,
        /// The SHA-256 of its bytes, which is the key of their blob.
        pub hash: Vec<u8>,
        /// When it was made.
        pub created_at: Timestamp as i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, run_id, name, media_type, size, hash, created_at FROM artifacts ",
            $rest
        ))
    };
    ($where:literal, $actor:literal, $rest:literal) => {
        Sql::both(concat!(
            "SELECT id, run_id, name, media_type, size, hash, created_at FROM artifacts ",
            $where,
            shown_to!("artifacts.run_id", $actor),
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO artifacts \
         (id, project_id, actor, run_id, effect_id, name, media_type, size, hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (effect_id, name) DO NOTHING",
    );
    FIND_MADE -> ArtifactRow = select!("WHERE effect_id = $1 AND name = $2");
    FIND -> ArtifactRow = select!("WHERE project_id = $1 AND id = $2");
    LIST -> ArtifactRow = select!("WHERE project_id = $1 AND id < $2 AND ", "$4", " ORDER BY id DESC LIMIT $3");
    LIST_OF_RUN -> ArtifactRow =
        select!("WHERE project_id = $1 AND run_id = $2 AND id < $3 AND ", "$5", " ORDER BY id DESC LIMIT $4");
}

/// Makes an artifact. One of the same name that the effect has made already is left as it is: read it
/// back with [`find_made`].
pub fn insert(
    project_id: ProjectId,
    actor: Actor,
    effect_id: EffectId,
    artifact: &ArtifactRow,
) -> Write {
    let ArtifactRow { id, run_id, name, media_type, size, hash, created_at } = artifact;
    Write::new(
        INSERT,
        params![
            id.uuid(),
            project_id.uuid(),
            actor_text(actor),
            run_id.map(RunId::uuid),
            effect_id.uuid(),
            name,
            media_type,
            i64::try_from(*size).unwrap_or(i64::MAX),
            hash.as_slice(),
            created_at.micros(),
        ],
    )
}

/// The artifact of that name that an effect has made.
pub fn find_made(effect_id: EffectId, name: &str) -> Query<ArtifactRow> {
    Query::new(FIND_MADE, params![effect_id.uuid(), name])
}

/// The artifact of that id.
pub fn find(project_id: ProjectId, id: ArtifactId) -> Query<ArtifactRow> {
    Query::new(FIND, params![project_id.uuid(), id.uuid()])
}

/// Artifacts, the newest first, of one run or of all, without those of runs that are another person's
/// than `shown_to`.
pub fn list(
    project_id: ProjectId,
    run_id: Option<RunId>,
    before: Option<ArtifactId>,
    limit: u32,
    shown_to: Option<Actor>,
) -> Query<ArtifactRow> {
    let (project_id, before) = (project_id.uuid(), before.map_or(Uuid::max(), ArtifactId::uuid));
    let actor = shown_to.map(actor_text);
    match run_id {
        Some(run) => Query::new(LIST_OF_RUN, params![project_id, run.uuid(), before, limit, actor]),
        None => Query::new(LIST, params![project_id, before, limit, actor]),
    }
}
