//! Where the server stands, which its configuration says: what is before it, and under which names.

use std::net::IpAddr;

use gathering_domain::{HostPattern, IpRange};
use secrecy::{ExposeSecret as _, SecretString};

/// Where the server stands.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// The proxies whose word on a client is believed.
    pub trusted_proxies: Vec<IpRange>,
    /// Where these proxies write that word.
    pub proxy_header: ProxyHeader,
    /// The address under which others reach the server, without a slash at its end.
    pub public_url: Option<String>,
    /// The names under which it answers, beside its addresses and `localhost`; none for any name.
    pub hosts: Option<Vec<HostPattern>>,
    /// The origins of pages that may call the API with a token.
    pub cors_origins: Vec<String>,
}

/// Where proxies write who the client is. Only one is read: what a proxy does not write itself, it
/// lets through as the client sent it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl Site {
    /// Whether the word of this address is believed.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|range| range.contains(address))
    }

    /// The link that carries a one-time token behind the `#`, where no log of a proxy finds it.
    pub(crate) fn link(&self, what: &str, token: &SecretString) -> String {
        let url = self.public_url.as_deref().unwrap_or_default();
        format!("{url}/#{what}={}", token.expose_secret())
    }

    /// Whether others reach the server over `https`.
    pub(crate) fn public_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }
}
