//! The port itself: what an adapter of a model provider does.

use futures::{
    FutureExt as _,
    future::{self, BoxFuture},
    stream::BoxStream,
};
use serde::{Deserialize, Serialize};

use crate::{ModelError, ModelEvent, ModelRequest, TokenCount, estimate_request};

/// A future answer of a provider.
pub type ModelFuture<'a, T> = BoxFuture<'a, Result<T, ModelError>>;

/// An answer, piece by piece. It owns what it needs: dropping it cuts the call.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, ModelError>>;

/// One configured model provider. Makes one attempt per call: retries, fallback, breakers, limits
/// and budgets are the caller's.
pub trait ModelProvider: Send + Sync {
    /// The name under which it is configured; the part of a model reference before the slash.
    fn name(&self) -> &str;

    /// The kind that prices are listed under: `anthropic`, `openai`, `deepseek`, …
    fn kind(&self) -> &str;

    /// Whether answers come from a script.
    fn scripted(&self) -> bool {
        false
    }

    /// Asks. Errors before the first piece come from the future, later ones from the stream, which
    /// ends after an error and after `Done`.
    fn stream(&self, request: ModelRequest) -> ModelFuture<'_, ModelStream>;

    /// The tokens that the request would be: counted by the provider where it offers that,
    /// otherwise estimated; the answer says which.
    fn count_tokens<'a>(&'a self, request: &'a ModelRequest) -> ModelFuture<'a, TokenCount> {
        future::ready(Ok(estimate_request(request))).boxed()
    }

    /// The models that the provider offers, at most 1,000, sorted by name.
    fn list_models(&self) -> ModelFuture<'_, Vec<ModelInfo>>;

    /// A cheap call that shows whether address and key are right.
    fn test(&self) -> ModelFuture<'_, ProviderTest>;
}

/// A model that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The name that a request uses.
    pub name: String,
    /// A title for people, where the provider gives one.
    pub title: Option<String>,
    /// The most tokens that it reads, where the provider says so.
    pub context_tokens: Option<u64>,
}

/// What a cheap call showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderTest {
    /// How many models the provider listed.
    pub models: usize,
    /// Whether a script answers.
    pub scripted: bool,
}
