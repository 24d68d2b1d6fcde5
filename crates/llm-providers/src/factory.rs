//! From configuration to provider.

use std::sync::Arc;

use gathering_egress::{AllowRule, Egress, HostPattern};
use gathering_llm::ModelProvider;

use crate::{
    ProviderConfig, ProviderKind, ScriptedProvider,
    anthropic::Anthropic,
    exchange::{HttpProvider, Wire},
    google::Google,
    openai::{Dialect, OpenAi},
};

/// A configuration from which no provider can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProvider {
    /// The kind has no address of its own.
    #[error("the provider `{name}` of kind `{kind}` needs a base URL")]
    NoBaseUrl {
        /// The provider.
        name: String,
        /// Its kind.
        kind: ProviderKind,
    },
    /// Not an address of a server.
    #[error(
        "the base URL of the provider `{name}` is not a plain `http` or `https` URL without query"
    )]
    BaseUrl {
        /// The provider.
        name: String,
    },
}

/// Makes the provider. Nothing is asked of the network yet. `egress` is narrowed to the provider's
/// own host; a host in a private network is opened if the egress or the configuration allows that.
pub fn build(
    config: ProviderConfig,
    egress: &Egress,
) -> Result<Arc<dyn ModelProvider>, InvalidProvider> {
    let dialect = match config.kind {
        ProviderKind::Scripted => {
            let bare = ScriptedProvider::new(config.name);
            let with_scripts = config
                .scripts
                .into_iter()
                .fold(bare, |provider, (model, script)| provider.with_script(model, script));
            return Ok(Arc::new(with_scripts));
        }
        ProviderKind::Anthropic => return over_http(config, egress, Anthropic),
        ProviderKind::Google => return over_http(config, egress, Google),
        ProviderKind::OpenAi => Dialect::openai(),
        ProviderKind::DeepSeek => Dialect::deepseek(),
        ProviderKind::Mistral => Dialect::mistral(),
        ProviderKind::Groq => Dialect::groq(),
        ProviderKind::OpenRouter => Dialect::openrouter(),
        ProviderKind::Together
        | ProviderKind::Ollama
        | ProviderKind::Vllm
        | ProviderKind::LlamaCpp
        | ProviderKind::OpenAiCompatible => Dialect::compatible(),
    };
    over_http(config, egress, OpenAi { dialect })
}

fn over_http(
    config: ProviderConfig,
    egress: &Egress,
    wire: impl Wire,
) -> Result<Arc<dyn ModelProvider>, InvalidProvider> {
    let name = || config.name.clone();
    let base = match (&config.base_url, config.kind.default_base_url()) {
        (Some(own), _) => own.as_str(),
        (None, Some(default)) => default,
        (None, None) => {
            return Err(InvalidProvider::NoBaseUrl { name: name(), kind: config.kind });
        }
    };
    let base = base.trim_end_matches('/').to_owned();
    let host = host_of(&base).ok_or_else(|| InvalidProvider::BaseUrl { name: name() })?;
    let mut policy = egress.policy().clone().only([host.clone()]);
    // The kinds' own addresses are encrypted, but for those on this host.
    let lives_here = config.base_url.is_none() && base.starts_with("http://");
    if config.allow_private_address || lives_here {
        policy.allow.push(AllowRule::Host(host));
    }
    Ok(Arc::new(HttpProvider::new(config, base, egress.with_policy(policy), wire)))
}

/// The host of a plain base URL, with its port.
pub(crate) fn host_of(base: &str) -> Option<HostPattern> {
    let (scheme, rest) = base.split_once("://")?;
    let default_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    if rest.contains(['?', '#', '@', '\\', ' ']) {
        return None;
    }
    let authority = rest.split('/').next()?;
    let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let host: HostPattern = if authority[after_bracket..].contains(':') {
        authority.parse().ok()?
    } else {
        format!("{authority}:{default_port}").parse().ok()?
    };
    (!authority.starts_with('*')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_name_one_host_and_port() {
        for (base, host) in [
            ("https://api.openai.com/v1", Some("api.openai.com:443")),
            ("http://127.0.0.1:11434/v1", Some("127.0.0.1:11434")),
            ("http://[::1]:8080", Some("[::1]:8080")),
            ("http://[::1]/v1", Some("[::1]:80")),
            ("https://Example.com", Some("example.com:443")),
            ("https://user@example.com/v1", None),
            ("https://example.com/v1?key=1", None),
            ("ftp://example.com", None),
            ("https://*.example.com", None),
            ("https://", None),
            ("api.openai.com", None),
        ] {
            assert_eq!(host_of(base).map(|host| host.to_string()).as_deref(), host, "{base}");
        }
    }

    #[test]
    fn configurations_that_cannot_work_are_refused() {
        let egress = Egress::builder().build();
        let kind = ProviderKind::OpenAiCompatible;
        let bare = ProviderConfig::new("own", kind);
        let refused = |config: ProviderConfig| build(config, &egress).err();
        assert_eq!(
            refused(bare.clone()),
            Some(InvalidProvider::NoBaseUrl { name: "own".into(), kind })
        );
        assert_eq!(
            refused(bare.clone().base_url("localhost")),
            Some(InvalidProvider::BaseUrl { name: "own".into() })
        );
    }

    #[test]
    fn every_kind_can_be_built_and_priced_under_its_own_word() {
        let egress = Egress::builder().build();
        for kind in ProviderKind::ALL {
            let config = ProviderConfig::new("p", kind).base_url("https://models.example/v1");
            let provider = build(config, &egress).unwrap();
            assert_eq!((provider.name(), provider.kind()), ("p", kind.as_str()));
            assert_eq!(provider.scripted(), kind == ProviderKind::Scripted);
        }
    }
}
