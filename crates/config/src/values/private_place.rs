//! A host or a range of addresses that may be reached although it is private.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::setting::{ListItem, Raw, Setting, unfit};

/// A host, a host with a port, all subdomains of one, or a range of addresses: `llm.internal`,
/// `localhost:11434`, `*.corp.example`, `[::1]:8080`, `10.1.0.0/16`. Kept as text in the form that
/// the egress client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivatePlace(String);

/// The longest name that the name system can hold, and the longest of its labels, in bytes
/// (RFC 1035).
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

impl PrivatePlace {
    /// The place as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn acceptable(text: &str) -> bool {
        if let Some((base, bits)) = text.split_once('/') {
            return is_range(base, bits);
        }
        // A colon within brackets belongs to the host.
        let after_bracket = text.rfind(']').map_or(0, |at| at + 1);
        let Some(at) = text[after_bracket..].find(':') else { return is_host(text) };
        let (host, port) = text.split_at(after_bracket + at);
        is_host(host) && port[1..].parse::<u16>().is_ok_and(|port| port > 0)
    }
}

fn is_range(base: &str, bits: &str) -> bool {
    let most = match base.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let host = host.strip_prefix("*.").unwrap_or(host);
    let label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    host.len() <= HOST_BYTES_MAX
        && host.split('.').all(label)
        && host.bytes().any(|byte| !byte.is_ascii_digit() && byte != b'.')
}

impl Setting for PrivatePlace {
    const KIND: &'static str =
        "a host such as `localhost:11434` or `*.corp.example`, or a range such as `10.1.0.0/16`";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text().map(str::trim) {
            Some(text) if Self::acceptable(text) => Ok(Self(text.to_owned())),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl ListItem for PrivatePlace {
    const LIST_KIND: &'static str = "a list of hosts (`llm.internal`, `localhost:11434`, \
        `*.corp.example`, `[::1]:8080`) and ranges of addresses (`10.1.0.0/16`)";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ranges_are_told_from_everything_else() {
        for text in [
            "llm.internal",
            "localhost:11434",
            "*.corp.example",
            "*.corp.example:443",
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:8080",
            "10.1.0.0/16",
            "0.0.0.0/0",
            "fd00::/8",
            "::1/128",
        ] {
            assert!(PrivatePlace::acceptable(text), "{text}");
        }
        for text in [
            "",
            "*",
            "http://a",
            "a b",
            "a..b",
            "a:0",
            "a:port",
            "a:70000",
            "::1",
            "[::1",
            "*.[::1]",
            "1.2.3",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "a/8",
            "ä.example",
            "a/b/c",
        ] {
            assert!(!PrivatePlace::acceptable(text), "{text}");
        }
        assert!(!PrivatePlace::acceptable(&"a".repeat(64)));
    }
}
