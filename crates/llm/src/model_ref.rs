//! A model by name: `provider/model`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A model at a configured provider, written `provider/model`. Only the first slash divides, so
/// `openrouter/meta-llama/llama-4` names the model `meta-llama/llama-4`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelRef {
    provider: String,
    model: String,
}

/// Text that is not a model reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a model; write `provider/model`, for instance `anthropic/claude-sonnet-4-5` or `scripted/demo`"
)]
pub struct InvalidModelRef(String);

/// The longest model name, in bytes.
const MODEL_LIMIT: usize = 200;

impl ModelRef {
    /// The provider's configured name.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The model's name at the provider.
    pub fn model(&self) -> &str {
        &self.model
    }
}

impl FromStr for ModelRef {
    type Err = InvalidModelRef;

    fn from_str(text: &str) -> Result<Self, InvalidModelRef> {
        let fault = || InvalidModelRef(text.chars().take(64).collect());
        let (provider, model) = text.split_once('/').ok_or_else(fault)?;
        let provider_fits = (1..=64).contains(&provider.len())
            && provider.starts_with(|c: char| c.is_ascii_lowercase())
            && provider
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'));
        let model_fits = (1..=MODEL_LIMIT).contains(&model.len())
            && model.chars().all(|c| c.is_ascii_graphic())
            && !model.starts_with('/')
            && !model.ends_with('/')
            && !model.split('/').any(|piece| matches!(piece, "." | ".."))
            && !model.contains(['?', '#', '\\', '%']);
        if provider_fits && model_fits {
            Ok(Self { provider: provider.to_owned(), model: model.to_owned() })
        } else {
            Err(fault())
        }
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

impl TryFrom<String> for ModelRef {
    type Error = InvalidModelRef;

    fn try_from(text: String) -> Result<Self, InvalidModelRef> {
        text.parse()
    }
}

impl From<ModelRef> for String {
    fn from(model: ModelRef) -> Self {
        model.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_read_and_print() {
        for (text, provider, model) in [
            ("anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
            ("openrouter/meta-llama/llama-4:free", "openrouter", "meta-llama/llama-4:free"),
            ("my-ollama_2/qwen3:8b", "my-ollama_2", "qwen3:8b"),
        ] {
            let read: ModelRef = text.parse().unwrap();
            assert_eq!((read.provider(), read.model()), (provider, model));
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn what_could_change_a_url_is_refused() {
        let long = format!("a/{}", "m".repeat(201));
        for text in [
            "",
            "gpt",
            "/gpt",
            "openai/",
            "OpenAI/gpt",
            "a b/c",
            "a/b c",
            "a/b\n",
            "a/b?c",
            "a/b#c",
            "a/../b",
            "a//b",
            "a/b/",
            "a/%2e",
            "a/é",
            &long,
        ] {
            assert!(text.parse::<ModelRef>().is_err(), "{text}");
        }
    }
}
