//! Providers: configured model providers.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ProjectId, ProviderId, Timestamp};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    statement::{Query, Write, statements},
};

row! {
    /// A configured provider.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ProviderRow {
        /// Its id.
        pub id: ProviderId as Uuid,
        /// Its name.
        pub name: String,
        /// Which adapter it uses.
        pub kind: String,
        /// Where it is.
        pub base_url: Option<String>,
        /// The name of the secret that holds its key.
        pub key_secret: Option<String>,
        /// The model that is meant where the provider alone is named.
        pub default_model: Option<String>,
        /// What else its adapter takes.
        pub options: serde_json::Value,
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
            "SELECT id, name, kind, base_url, key_secret, default_model, options, version, \
             created_at, updated_at FROM providers ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO providers (id, project_id, actor, name, kind, base_url, key_secret, \
         default_model, options, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10)",
    );
    UPDATE = Sql::both(
        "UPDATE providers SET actor = $3, kind = $4, base_url = $5, key_secret = $6, \
         default_model = $7, options = $8, version = version + 1, updated_at = $9 \
         WHERE project_id = $1 AND name = $2 AND version = $10",
    );
    FIND -> ProviderRow = select!("WHERE project_id = $1 AND name = $2");
    LIST -> ProviderRow = select!("WHERE project_id = $1 AND name > $2 ORDER BY name LIMIT $3");
    COUNT = Sql::both("SELECT count(*) FROM providers WHERE project_id = $1");
    FIND_BY_SECRET -> ProviderRow = select!("WHERE project_id = $1 AND key_secret = $2 ORDER BY name LIMIT 1");
    DELETE = Sql::both("DELETE FROM providers WHERE project_id = $1 AND name = $2");
}

/// Makes a provider of version 1. A name that is taken violates `providers_project_id_name_key`.
pub fn insert(project_id: ProjectId, actor: Actor, provider: &ProviderRow) -> Write {
    let ProviderRow { id, name, kind, base_url, key_secret, default_model, options, .. } = provider;
    Write::new(
        INSERT,
        params![
            id.uuid(),
            project_id.uuid(),
            actor_text(actor),
            name,
            kind,
            base_url.as_ref(),
            key_secret.as_ref(),
            default_model.as_ref(),
            options,
            provider.created_at.micros(),
        ],
    )
}

/// Changes all but id and name, if the provider still has the version of `provider`.
pub fn update(project_id: ProjectId, actor: Actor, provider: &ProviderRow) -> Write {
    let ProviderRow { name, kind, base_url, key_secret, default_model, options, .. } = provider;
    Write::new(
        UPDATE,
        params![
            project_id.uuid(),
            name,
            actor_text(actor),
            kind,
            base_url.as_ref(),
            key_secret.as_ref(),
            default_model.as_ref(),
            options,
            provider.updated_at.micros(),
            i64::try_from(provider.version).unwrap_or(i64::MAX),
        ],
    )
}

/// The provider of that name.
pub fn find(project_id: ProjectId, name: &str) -> Query<ProviderRow> {
    Query::new(FIND, params![project_id.uuid(), name])
}

/// Providers in the order of their names.
pub fn list(project_id: ProjectId, after: &str, limit: u32) -> Query<ProviderRow> {
    Query::new(LIST, params![project_id.uuid(), after, limit])
}

/// How many providers there are.
pub fn count(project_id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid()])
}

/// The first provider that uses the secret.
pub fn find_by_secret(project_id: ProjectId, secret: &str) -> Query<ProviderRow> {
    Query::new(FIND_BY_SECRET, params![project_id.uuid(), secret])
}

/// Removes a provider.
pub fn delete(project_id: ProjectId, name: &str) -> Write {
    Write::new(DELETE, params![project_id.uuid(), name])
}
