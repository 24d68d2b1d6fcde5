//! Secrets as clients write them, and what they may read.

use gathering_app::secrets::SecretInfo;
use gathering_domain::SecretId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::views::Time;

/// A stored secret. Its value cannot be read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Secret)]
pub(crate) struct SecretView {
    /// Its id.
    #[schema(value_type = String, example = "sec_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: SecretId,
    /// The name by which definitions refer to it.
    #[schema(example = "PAGER_TOKEN")]
    name: String,
    /// The hosts to which it may be sent.
    #[schema(example = json!(["api.example.com"]))]
    hosts: Vec<String>,
    /// If there are no hosts: the host to which it goes as the key of a provider, that of the first
    /// provider that took it. Another needs the value to be written again.
    key_host: Option<String>,
    /// When its value was written last.
    updated_at: Time,
}

/// The value of a secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutSecretBody {
    /// The value.
    #[schema(value_type = String, format = Password)]
    pub(super) value: SecretString,
    /// The hosts to which it may be sent. Without any it serves as the key of a provider alone, for
    /// the host of the first provider that takes it.
    #[serde(default)]
    pub(super) hosts: Vec<String>,
}

impl From<SecretInfo> for SecretView {
    fn from(secret: SecretInfo) -> Self {
        let SecretInfo { id, name, hosts, key_host, updated_at } = secret;
        Self { id, name, hosts, key_host, updated_at: updated_at.into() }
    }
}
