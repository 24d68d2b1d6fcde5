//! Model providers: configured by people, made by a port.

mod cache;
mod change;
mod key;
mod model;

use std::sync::Arc;

use gathering_domain::{Failure, HostPattern, Permission, ProjectId, ProviderId, Timestamp};
use gathering_storage::providers::{self as rows, ProviderRow};
use secrecy::SecretString;
use serde_json::Value;

pub(crate) use cache::ProviderCache;
pub use gathering_llm::{ModelInfo, ModelProvider};

use crate::{App, Caller, Error, Page, PageRequest, Result};

/// The provider that needs no configuration, and answers from scripts.
pub const SCRIPTED: &str = "scripted";

/// The most providers of a project.
const MOST_PROVIDERS: u32 = 100;

/// Use cases of model providers.
#[derive(Clone)]
pub struct Providers<'a> {
    pub(crate) app: &'a App,
}

/// A configured model provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Its id; none for the built-in `scripted`.
    pub id: Option<ProviderId>,
    /// What model references call it: the part before the slash.
    pub name: String,
    /// Which adapter: `anthropic`, `openai`, `openai_compatible`, `google`, `scripted`, …
    pub kind: String,
    /// Where it is, in place of the adapter's own address.
    pub base_url: Option<String>,
    /// The secret that holds its key.
    pub key_secret: Option<String>,
    /// The model that is meant where the provider alone is named.
    pub default_model: Option<String>,
    /// What else the adapter takes.
    pub options: Value,
    /// Rises with each change; 0 for the built-in one.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// What a person writes of a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSpec {
    /// What model references call it.
    pub name: String,
    /// Which adapter.
    pub kind: String,
    /// Where it is.
    pub base_url: Option<String>,
    /// The secret that holds its key.
    pub key_secret: Option<String>,
    /// The model that is meant where the provider alone is named.
    pub default_model: Option<String>,
    /// What else the adapter takes; an object.
    pub options: Value,
}

/// What a cheap call to a provider showed.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderReport {
    /// How many models it listed.
    pub models: usize,
    /// Whether a script answers.
    pub scripted: bool,
    /// What went wrong, if something did.
    pub failure: Option<Failure>,
}

/// A kind of adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adapter {
    /// Its name.
    pub kind: &'static str,
    /// The address that it asks if none is configured; without one, a provider of this kind must name its
    /// own, unless it asks nobody.
    pub base_url: Option<&'static str>,
    /// Whether calls without a key make no sense.
    pub needs_key: bool,
}

/// Makes adapters. The server implements it with the adapters that it has.
pub trait ModelFactory: Send + Sync {
    /// The kinds that it can make.
    fn kinds(&self) -> Vec<Adapter>;

    /// The one host, with its port, that an adapter of this kind asks; none if it asks nobody.
    fn host(&self, kind: &str, base_url: Option<&str>) -> Option<HostPattern>;

    /// Makes an adapter. Does no I/O, so that a specification can be checked by making it.
    fn make(&self, order: ProviderOrder) -> Result<Arc<dyn ModelProvider>, Failure>;
}

/// An adapter to be made.
#[derive(Debug, Clone)]
pub struct ProviderOrder {
    /// The project that it is for.
    pub project_id: ProjectId,
    /// The configured name.
    pub name: String,
    /// Which adapter.
    pub kind: String,
    /// Where it is.
    pub base_url: Option<String>,
    /// Its key.
    pub key: Option<ProviderKey>,
    /// What else it takes.
    pub options: Value,
}

/// The key of a provider.
#[derive(Debug, Clone)]
pub struct ProviderKey {
    /// Its value.
    pub value: SecretString,
    /// The only hosts to which it may be sent.
    pub hosts: Vec<HostPattern>,
}

impl Providers<'_> {
    /// The provider of that name.
    pub async fn get(&self, caller: &Caller, name: &str) -> Result<Provider> {
        self.find(caller.require_here(Permission::Read)?, name).await
    }

    async fn find(&self, project_id: ProjectId, name: &str) -> Result<Provider> {
        match rows::find(project_id, name).first(self.app.database()).await? {
            Some(row) => Ok(row.into()),
            None if name == SCRIPTED => Ok(Provider::scripted()),
            None => Err(Error::not_found("provider", name)),
        }
    }

    /// The kinds of which a provider can be.
    pub fn adapters(&self, caller: &Caller) -> Result<Vec<Adapter>> {
        caller.require_any(Permission::Read)?;
        Ok(self.app.inner.models.kinds())
    }

    /// Providers in the order of their names; the built-in one comes first.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Provider>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, page.after::<String>()?);
        let from = after.as_deref().unwrap_or_default();
        let rows = rows::list(project_id, from, limit + 1).all(self.app.database()).await?;
        let mut page = Page::of(rows, limit, |row| row.name.clone()).map(Provider::from);
        if after.is_none() {
            page.items.insert(0, Provider::scripted());
        }
        Ok(page)
    }
}

impl Provider {
    /// The built-in one.
    fn scripted() -> Self {
        Self {
            id: None,
            name: SCRIPTED.to_owned(),
            kind: SCRIPTED.to_owned(),
            base_url: None,
            key_secret: None,
            default_model: Some("demo".to_owned()),
            options: Value::Object(serde_json::Map::new()),
            version: 0,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        }
    }
}

impl From<ProviderRow> for Provider {
    fn from(row: ProviderRow) -> Self {
        let ProviderRow { id, name, kind, base_url, key_secret, default_model, options, .. } = row;
        let (version, created_at, updated_at) = (row.version, row.created_at, row.updated_at);
        Self {
            id: Some(id),
            name,
            kind,
            base_url,
            key_secret,
            default_model,
            options,
            version,
            created_at,
            updated_at,
        }
    }
}
