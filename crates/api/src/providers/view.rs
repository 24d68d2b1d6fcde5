//! Providers as clients read and write them.

use gathering_app::providers::{Adapter, ModelInfo, Provider, ProviderReport, ProviderSpec};
use gathering_domain::ProviderId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::views::{FailureView, Time};

/// A configured model provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Provider)]
pub(crate) struct ProviderView {
    /// Its id; `null` for the built-in `scripted`.
    #[schema(value_type = Option<String>, example = "prv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: Option<ProviderId>,
    /// What model references call it: the part before the slash.
    #[schema(example = "anthropic")]
    name: String,
    /// Which adapter.
    #[schema(example = "anthropic")]
    kind: String,
    /// Where it is, in place of the adapter's own address.
    base_url: Option<String>,
    /// The secret that holds its key.
    key_secret: Option<String>,
    /// The model of agents that name none.
    default_model: Option<String>,
    /// What else the adapter takes.
    #[schema(value_type = Object)]
    options: Value,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// A provider to be configured.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateProviderBody {
    /// What model references call it: the part before the slash.
    #[schema(example = "local")]
    name: String,
    /// Which adapter: `anthropic`, `openai`, `openai_compatible`, `google`, …
    #[schema(example = "openai_compatible")]
    kind: String,
    /// Where it is, in place of the adapter's own address.
    #[schema(example = "http://127.0.0.1:8080/v1")]
    base_url: Option<String>,
    /// The name of the secret that holds its key.
    key_secret: Option<String>,
    /// The model of agents that name none.
    default_model: Option<String>,
    /// What else the adapter takes.
    #[serde(default)]
    options: Map<String, Value>,
}

/// What a cheap call to a provider showed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderReport)]
pub(crate) struct ProviderReportView {
    /// Whether it answered well.
    ok: bool,
    /// How many models it listed.
    models: usize,
    /// Whether a script answers.
    scripted: bool,
    /// What went wrong, if something did.
    failure: Option<FailureView>,
}

/// A model of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub(crate) struct ModelView {
    /// The name that a model reference uses after the slash.
    name: String,
    /// A title for people.
    title: Option<String>,
    /// The most tokens that it reads, where the provider says so.
    context_tokens: Option<u64>,
}

/// A kind of provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderKind)]
pub(crate) struct ProviderKindView {
    /// Its name.
    #[schema(example = "openai_compatible")]
    kind: &'static str,
    /// The address that it asks if none is configured. Without one, a provider of this kind names its own,
    /// but for `scripted`, which asks nobody.
    base_url: Option<&'static str>,
    /// Whether calls without a key make no sense.
    needs_key: bool,
}

impl From<Adapter> for ProviderKindView {
    fn from(adapter: Adapter) -> Self {
        let Adapter { kind, base_url, needs_key } = adapter;
        Self { kind, base_url, needs_key }
    }
}

impl From<Provider> for ProviderView {
    fn from(provider: Provider) -> Self {
        let Provider { id, name, kind, base_url, key_secret, default_model, options, .. } =
            provider;
        Self {
            id,
            name,
            kind,
            base_url,
            key_secret,
            default_model,
            options,
            version: provider.version,
            created_at: provider.created_at.into(),
            updated_at: provider.updated_at.into(),
        }
    }
}

impl From<CreateProviderBody> for ProviderSpec {
    fn from(body: CreateProviderBody) -> Self {
        let CreateProviderBody { name, kind, base_url, key_secret, default_model, options } = body;
        Self { name, kind, base_url, key_secret, default_model, options: options.into() }
    }
}

impl From<ProviderReport> for ProviderReportView {
    fn from(report: ProviderReport) -> Self {
        let ProviderReport { models, scripted, failure } = report;
        Self { ok: failure.is_none(), models, scripted, failure: failure.map(FailureView::from) }
    }
}

impl From<ModelInfo> for ModelView {
    fn from(model: ModelInfo) -> Self {
        let ModelInfo { name, title, context_tokens, .. } = model;
        Self { name, title, context_tokens }
    }
}
