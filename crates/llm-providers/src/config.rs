//! What a provider is configured with.

use std::{collections::BTreeMap, fmt, str::FromStr};

use gathering_domain::Duration;
use gathering_egress::{HostPattern, Secret};
use serde::{Deserialize, Serialize};

use crate::{Script, factory::host_of};

/// Which provider, and so which wire, which address and which peculiarities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Anthropic, by its messages API.
    Anthropic,
    /// OpenAI, by its chat completions API.
    #[serde(rename = "openai")]
    OpenAi,
    /// Google's Gemini API.
    Google,
    /// DeepSeek.
    #[serde(rename = "deepseek")]
    DeepSeek,
    /// Mistral.
    Mistral,
    /// Groq.
    Groq,
    /// Together.
    Together,
    /// OpenRouter.
    #[serde(rename = "openrouter")]
    OpenRouter,
    /// Ollama, on this host by default.
    Ollama,
    /// vLLM, on this host by default.
    Vllm,
    /// llama.cpp's server, on this host by default.
    #[serde(rename = "llama_cpp")]
    LlamaCpp,
    /// Any other server that speaks OpenAI's chat completions; needs a base URL.
    #[serde(rename = "openai_compatible")]
    OpenAiCompatible,
    /// Answers from a script.
    Scripted,
}

/// One configured provider.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// The name in model references.
    pub name: String,
    /// Which provider it is.
    pub kind: ProviderKind,
    /// The address, if it is not the kind's own. With the version's path where the provider has
    /// one: `https://api.openai.com/v1`.
    pub base_url: Option<String>,
    /// The key, and the hosts to which it may be sent. A provider that needs one fails each call
    /// without it.
    pub api_key: Option<Secret>,
    /// Lets the base URL lie in a private network or on this host, although the egress does not. Only
    /// this host and port are opened, and only for this provider. Not for what people store: who may
    /// configure a provider may not open the host's own network.
    pub allow_private_address: bool,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// For the kind `scripted`: its models besides `demo`, each with its script.
    pub scripts: BTreeMap<String, Script>,
}

/// How long to wait for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Until the answer begins.
    pub first: Duration,
    /// Between two pieces of it.
    pub idle: Duration,
    /// For the whole answer.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(120),
            idle: Duration::from_secs(120),
            total: Duration::from_secs(900),
        }
    }
}

/// Text that names no kind of provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of provider; it is one of {names}", names = kind_names())]
pub struct UnknownProviderKind(String);

impl ProviderKind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::Anthropic,
        Self::OpenAi,
        Self::Google,
        Self::DeepSeek,
        Self::Mistral,
        Self::Groq,
        Self::Together,
        Self::OpenRouter,
        Self::Ollama,
        Self::Vllm,
        Self::LlamaCpp,
        Self::OpenAiCompatible,
        Self::Scripted,
    ];

    /// The word in configuration, API and price table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Google => "google",
            Self::DeepSeek => "deepseek",
            Self::Mistral => "mistral",
            Self::Groq => "groq",
            Self::Together => "together",
            Self::OpenRouter => "openrouter",
            Self::Ollama => "ollama",
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama_cpp",
            Self::OpenAiCompatible => "openai_compatible",
            Self::Scripted => "scripted",
        }
    }

    /// The address that is asked if none is configured.
    pub const fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::OpenAi => Some("https://api.openai.com/v1"),
            Self::Google => Some("https://generativelanguage.googleapis.com/v1beta"),
            Self::DeepSeek => Some("https://api.deepseek.com/v1"),
            Self::Mistral => Some("https://api.mistral.ai/v1"),
            Self::Groq => Some("https://api.groq.com/openai/v1"),
            Self::Together => Some("https://api.together.xyz/v1"),
            Self::OpenRouter => Some("https://openrouter.ai/api/v1"),
            Self::Ollama => Some("http://127.0.0.1:11434/v1"),
            Self::Vllm => Some("http://127.0.0.1:8000/v1"),
            Self::LlamaCpp => Some("http://127.0.0.1:8080/v1"),
            Self::OpenAiCompatible | Self::Scripted => None,
        }
    }

    /// Whether calls without a key make no sense.
    pub const fn needs_key(self) -> bool {
        match self {
            Self::Anthropic
            | Self::OpenAi
            | Self::Google
            | Self::DeepSeek
            | Self::Mistral
            | Self::Groq
            | Self::Together
            | Self::OpenRouter => true,
            Self::Ollama
            | Self::Vllm
            | Self::LlamaCpp
            | Self::OpenAiCompatible
            | Self::Scripted => false,
        }
    }

    /// The environment variable that commonly holds the key, for a command line that looks there.
    pub const fn key_variable(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("ANTHROPIC_API_KEY"),
            Self::OpenAi => Some("OPENAI_API_KEY"),
            Self::Google => Some("GEMINI_API_KEY"),
            Self::DeepSeek => Some("DEEPSEEK_API_KEY"),
            Self::Mistral => Some("MISTRAL_API_KEY"),
            Self::Groq => Some("GROQ_API_KEY"),
            Self::Together => Some("TOGETHER_API_KEY"),
            Self::OpenRouter => Some("OPENROUTER_API_KEY"),
            Self::Ollama
            | Self::Vllm
            | Self::LlamaCpp
            | Self::OpenAiCompatible
            | Self::Scripted => None,
        }
    }
}

impl ProviderKind {
    /// The one host, with its port, that a provider of this kind asks at `base_url` or at its own
    /// address; none if it asks nobody.
    pub fn host(self, base_url: Option<&str>) -> Option<HostPattern> {
        if self == Self::Scripted {
            return None;
        }
        host_of(base_url.or_else(|| self.default_base_url())?)
    }
}

impl ProviderConfig {
    /// A provider of `kind` at its own address, without a key. Kinds whose own address is on this
    /// host may reach that, and no other.
    pub fn new(name: impl Into<String>, kind: ProviderKind) -> Self {
        Self {
            name: name.into(),
            kind,
            base_url: None,
            api_key: None,
            allow_private_address: false,
            timeouts: Timeouts::default(),
            scripts: BTreeMap::new(),
        }
    }

    /// Sets the key.
    pub fn api_key(mut self, key: Secret) -> Self {
        self.api_key = Some(key);
        self
    }

    /// Adds a scripted model.
    pub fn script(mut self, model: impl Into<String>, script: Script) -> Self {
        self.scripts.insert(model.into(), script);
        self
    }

    /// Sets the address.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }
}

fn kind_names() -> String {
    ProviderKind::ALL.map(|kind| format!("`{kind}`")).join(", ")
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProviderKind {
    type Err = UnknownProviderKind;

    fn from_str(text: &str) -> Result<Self, UnknownProviderKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownProviderKind(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_kinds_agree_everywhere() {
        for kind in ProviderKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!("gpt".parse::<ProviderKind>().unwrap_err().to_string().contains("`openrouter`"));
    }
}
