//! `X-Forwarded-For` and `X-Forwarded-Proto`: what most proxies write.

use http::{HeaderMap, HeaderName};

use super::{HOPS_MAX, Hop, address, is_https};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the proxies say, the nearest one first. A scheme that was written once is that of all hops:
/// most proxies overwrite it where they append the address.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Hop> {
    let schemes: Vec<Option<bool>> = items(headers, &PROTO).map(is_https).collect();
    let scheme = |at: usize| schemes.get(at).or(schemes.last()).copied().flatten();
    let addresses: Vec<&str> = items(headers, &FOR).collect();
    if addresses.is_empty() {
        return vec![Hop { address: None, https: scheme(0) }];
    }
    let hop = |(at, text)| Hop { address: address(text), https: scheme(at) };
    addresses.into_iter().enumerate().map(hop).collect()
}

/// The items of a list that may stand in several lines, from its end.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    let text = |line: &'a http::HeaderValue| line.to_str().unwrap_or("unreadable");
    lines.into_iter().rev().flat_map(move |line| text(line).rsplit(',')).take(HOPS_MAX)
}
