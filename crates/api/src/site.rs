//! Where the server stands, which its configuration says: what is before it, and under which names.

use std::net::IpAddr;

use gathering_domain::IpRange;

/// Where the server stands.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// The proxies whose word on a client is believed.
    pub trusted_proxies: Vec<IpRange>,
    /// Where these proxies write that word.
    pub proxy_header: ProxyHeader,
    /// The address under which others reach the server, without a slash at its end.
    pub public_url: Option<String>,
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

    /// Whether others reach the server over `https`.
    pub(crate) fn public_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }
}
