//! API keys as clients ask for them and read them.

use gathering_app::identity::{ApiKey, CreateKey, CreatedKey};
use gathering_domain::{ApiKeyId, Permission, ProjectId, Timestamp, UserId};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Problem,
    views::{PermissionWord, Time},
};

/// A key that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateApiKeyBody {
    /// What it is called.
    #[schema(example = "nightly build")]
    name: String,
    /// The project in which it acts; that of the request if absent.
    #[schema(value_type = Option<String>, example = "prj_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    #[serde(default)]
    project_id: Option<ProjectId>,
    /// What it may do, as far as its user may: some of what the caller may do there.
    #[schema(min_items = 1, example = json!(["read", "run_start"]))]
    scopes: Vec<PermissionWord>,
    /// When it ends, in RFC 3339: within 366 days. After 90 days if absent.
    #[schema(format = DateTime, example = "2026-03-01T00:00:00.000Z")]
    #[serde(default)]
    expires_at: Option<String>,
}

/// An API key, without what proves it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyView {
    /// Its id.
    #[schema(value_type = String, example = "key_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ApiKeyId,
    /// For whom it acts.
    #[schema(value_type = String, example = "usr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    user_id: UserId,
    /// Where it acts.
    #[schema(value_type = String, example = "prj_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    project_id: ProjectId,
    /// What it is called.
    #[schema(example = "nightly build")]
    name: String,
    /// The first letters of the key, by which its holder recognises it.
    #[schema(example = "gtk_AAECAwQF")]
    hint: String,
    /// What it may do, as far as its user may.
    scopes: Vec<PermissionWord>,
    /// When it was made.
    created_at: Time,
    /// When it ends.
    expires_at: Option<Time>,
    /// When it was used last, within a minute; `null` if never.
    used_at: Option<Time>,
}

/// A new API key.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub(crate) struct CreatedApiKeyView {
    /// What `Authorization: Bearer` carries. Told once.
    #[schema(example = "gtk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    token: String,
    /// The rest of it.
    #[serde(flatten)]
    key: ApiKeyView,
}

impl CreateApiKeyBody {
    /// What is asked of the use case.
    pub(super) fn into_command(self) -> Result<CreateKey, Problem> {
        let Self { name, project_id, scopes, expires_at } = self;
        let read = |text: String| {
            let message = "a time is for instance `2026-01-01T00:00:00Z`";
            let time = Timestamp::parse_rfc3339(&text);
            time.ok_or_else(|| Problem::invalid("/expires_at", "invalid_time", message))
        };
        let expires_at = expires_at.map(read).transpose()?;
        let scopes = scopes.into_iter().map(Permission::from).collect();
        Ok(CreateKey { name, project_id, scopes, expires_at })
    }
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        let ApiKey { id, user_id, project_id, name, hint, scopes, .. } = key;
        Self {
            id,
            user_id,
            project_id,
            name,
            hint,
            scopes: scopes.into_iter().map(PermissionWord::from).collect(),
            created_at: key.created_at.into(),
            expires_at: key.expires_at.map(Time::from),
            used_at: key.used_at.map(Time::from),
        }
    }
}

impl From<CreatedKey> for CreatedApiKeyView {
    fn from(created: CreatedKey) -> Self {
        let CreatedKey { token, key } = created;
        Self { token: token.expose_secret().to_owned(), key: key.into() }
    }
}
