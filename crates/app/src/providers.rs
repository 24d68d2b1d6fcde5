//! Model providers: configured by people, made by a port.

use std::sync::Arc;

use gathering_domain::{Failure, ProviderId, Timestamp};
use gathering_llm::ModelProvider;
use secrecy::SecretString;
use serde_json::Value;

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
    /// The model that agents use which name none.
    pub default_model: Option<String>,
    /// What else the adapter takes.
    pub options: Value,
    /// Rises with each change.
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
    /// The model that agents use which name none.
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

/// Makes adapters. The server implements it with the adapters that it has.
pub trait ModelFactory: Send + Sync {
    /// The kinds that it can make.
    fn kinds(&self) -> Vec<&'static str>;

    /// Makes an adapter. Does no I/O.
    fn make(&self, order: ProviderOrder) -> Result<Arc<dyn ModelProvider>, Failure>;
}

/// An adapter to be made.
#[derive(Debug, Clone)]
pub struct ProviderOrder {
    /// The configured name.
    pub name: String,
    /// Which adapter.
    pub kind: String,
    /// Where it is.
    pub base_url: Option<String>,
    /// Its key.
    pub key: Option<SecretString>,
    /// What else it takes.
    pub options: Value,
}
