//! A provider that talks to a server of the test.

use std::sync::Arc;

use gathering_domain::Duration;
use gathering_egress::{Egress, Secret};
use gathering_llm::{Message, ModelProvider, ModelRequest};
use gathering_llm_providers::{ProviderConfig, ProviderKind, Timeouts, build};
use gathering_testkit::model_server::{ModelServer, Wire};

pub(crate) fn wire_of(kind: ProviderKind) -> Wire {
    match kind {
        ProviderKind::Anthropic => Wire::Anthropic,
        ProviderKind::Google => Wire::Google,
        _ => Wire::OpenAi,
    }
}

pub(crate) fn config(kind: ProviderKind, server: &ModelServer) -> ProviderConfig {
    let config = ProviderConfig::new("test", kind).base_url(server.base_url(wire_of(kind)));
    ProviderConfig {
        allow_private_address: true,
        timeouts: Timeouts {
            first: Duration::from_millis(400),
            idle: Duration::from_millis(400),
            total: Duration::from_secs(20),
        },
        ..config.api_key(key(&["127.0.0.1"]))
    }
}

/// A key that may go to these hosts.
pub(crate) fn key(hosts: &[&str]) -> Secret {
    let hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
    Secret { value: "key-0123456789".to_owned().into(), hosts }
}

pub(crate) fn provider(kind: ProviderKind, server: &ModelServer) -> Arc<dyn ModelProvider> {
    build(config(kind, server), &Egress::builder().build()).unwrap()
}

pub(crate) fn question() -> ModelRequest {
    ModelRequest::new("some-model", vec![Message::user("How are you?")])
}

/// One kind for each wire.
pub(crate) const KINDS: [ProviderKind; 3] =
    [ProviderKind::Anthropic, ProviderKind::OpenAi, ProviderKind::Google];
