//! Who sends a request: the address and the scheme of the client, by the word of trusted proxies.
//!
//! A header of a request is the word of whoever sent it. So it is read from its end, where the
//! proxies that stand before this server have written, and only for as long as each of them is one
//! that the configuration trusts. What a client wrote into it stands further left and is not read.

mod forwarded;
mod x_forwarded;

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderMap;

use crate::{Site, site::ProxyHeader, state::Edge};

/// Proxies that one request may have passed; whoever is further away is not found.
const HOPS_MAX: usize = 16;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// Whether it is encrypted up to here.
    pub(crate) tls: bool,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address, in its shortest form: never IPv4 mapped into IPv6.
    pub(crate) address: IpAddr,
    /// Whether it came here over `https`.
    pub(crate) https: bool,
}

/// What a proxy says of the hop before it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Hop {
    /// None if it is hidden, or cannot be read.
    address: Option<IpAddr>,
    https: Option<bool>,
}

/// Puts the client of a request with it.
pub(crate) async fn identify(
    State(edge): State<Edge>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let client = Client::of(peer, request.headers(), &edge.state.site);
    request.extensions_mut().insert(client);
    next.run(request).await
}

impl Client {
    /// The client of a request that came from this peer. Who cannot be told is `::`.
    fn of(peer: Option<Peer>, headers: &HeaderMap, site: &Site) -> Self {
        let unknown = Peer { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), tls: false };
        let peer = peer.unwrap_or(unknown);
        let mut client = Self { address: peer.address.to_canonical(), https: peer.tls };
        if !site.trusts(client.address) {
            return client;
        }
        let mut said = None;
        for hop in hops(headers, site.proxy_header).into_iter().take(HOPS_MAX) {
            said = hop.https.or(said);
            let Some(address) = hop.address else { break };
            client.address = address;
            if !site.trusts(address) {
                break;
            }
        }
        client.https = said.unwrap_or(peer.tls || site.public_https());
        client
    }
}

/// Reads the word of proxies in every form, for the fuzz target.
#[cfg(fuzzing)]
pub(crate) fn read_everything(headers: &HeaderMap) {
    for header in [ProxyHeader::XForwarded, ProxyHeader::Forwarded] {
        let hops = hops(headers, header);
        assert!(hops.len() <= 2 * HOPS_MAX, "what is read of a header is bounded");
    }
}

/// What the proxies say, the nearest one first.
fn hops(headers: &HeaderMap, header: ProxyHeader) -> Vec<Hop> {
    match header {
        ProxyHeader::XForwarded => x_forwarded::hops(headers),
        ProxyHeader::Forwarded => forwarded::hops(headers),
    }
}

/// An address as proxies write it: with or without a port, IPv6 in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let host = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            if !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
                return None;
            }
            return host.parse::<Ipv6Addr>().ok().map(|host| IpAddr::V6(host).to_canonical());
        }
        None => match text.split_once(':') {
            // More than one colon is IPv6 without a port.
            Some((host, port)) if !port.contains(':') => Some(host).filter(|_| is_port(port))?,
            Some(_) | None => text,
        },
    };
    host.parse::<IpAddr>().ok().map(|host| host.to_canonical())
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The scheme, as far as it is one of the two that there are here.
fn is_https(text: &str) -> Option<bool> {
    match text.trim() {
        scheme if scheme.eq_ignore_ascii_case("https") => Some(true),
        scheme if scheme.eq_ignore_ascii_case("http") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
