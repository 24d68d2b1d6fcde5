//! Patterns of hosts: what a secret, a rule of the network or a tool may name.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// A host, a host with a port, or all subdomains of one: `example.com`, `localhost:11434`,
/// `*.example.com` (which is not `example.com` itself), `[::1]:8080`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    /// Lower case, without a final dot; an address without brackets.
    host: String,
    subdomains: bool,
    port: Option<u16>,
}

/// Text that is no pattern of hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a host; write `example.com`, `localhost:11434`, `*.example.com` or `[::1]:8080`"
)]
pub struct InvalidHost(String);

impl HostPattern {
    /// Whether `host` (lower case, an address without brackets) at `port` is meant.
    pub fn matches(&self, host: &str, port: u16) -> bool {
        self.matches_host(host) && self.port.is_none_or(|own| own == port)
    }

    /// Whether `host` is meant, at whatever port.
    pub fn matches_host(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        if self.subdomains {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        }
    }

    /// Whether whoever may go where this pattern says may go to the one host of `other`. Nothing
    /// covers a pattern of many hosts.
    pub fn covers(&self, other: &Self) -> bool {
        !other.subdomains
            && self.matches_host(&other.host)
            && (self.port.is_none() || self.port == other.port)
    }
}

impl FromStr for HostPattern {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let fault = || InvalidHost(text.chars().take(64).collect());
        let (host, port) = split_port(text).ok_or_else(fault)?;
        let (host, subdomains) = match host.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (host, false),
        };
        if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address: Ipv6Addr = inner.parse().map_err(|_| fault())?;
            let host = address.to_string();
            return if subdomains { Err(fault()) } else { Ok(Self { host, subdomains, port }) };
        }
        if let Ok(address) = host.parse::<Ipv4Addr>() {
            let host = address.to_string();
            return if subdomains { Err(fault()) } else { Ok(Self { host, subdomains, port }) };
        }
        let host = host.to_ascii_lowercase();
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let fits = host.len() <= 253
            && host.split('.').all(label_fits)
            && !host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if fits { Ok(Self { host, subdomains, port }) } else { Err(fault()) }
    }
}

/// Splits `host:port`; a colon within brackets belongs to the host.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let after_bracket = text.rfind(']').map_or(0, |at| at + 1);
    match text[after_bracket..].find(':') {
        None => Some((text, None)),
        Some(at) => {
            let (host, port) = text.split_at(after_bracket + at);
            let port: u16 = port[1..].parse().ok()?;
            (port != 0).then_some((host, Some(port)))
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.subdomains { "*." } else { "" };
        match (self.host.contains(':'), self.port) {
            (true, None) => write!(f, "[{}]", self.host),
            (true, Some(port)) => write!(f, "[{}]:{port}", self.host),
            (false, None) => write!(f, "{star}{}", self.host),
            (false, Some(port)) => write!(f, "{star}{}:{port}", self.host),
        }
    }
}

impl TryFrom<String> for HostPattern {
    type Error = InvalidHost;

    fn try_from(text: String) -> Result<Self, InvalidHost> {
        text.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_single_hosts_that_it_matches() {
        for (pattern, other, covers) in [
            ("a.example", "a.example:443", true),
            ("a.example:443", "a.example:443", true),
            ("a.example:443", "a.example:80", false),
            ("a.example:443", "a.example", false),
            ("*.example", "a.example:443", true),
            ("*.example", "*.example", false),
            ("a.example", "b.example:443", false),
        ] {
            let (pattern, other): (HostPattern, HostPattern) =
                (pattern.parse().unwrap(), other.parse().unwrap());
            assert_eq!(pattern.covers(&other), covers, "{pattern} {other}");
        }
    }

    #[test]
    fn patterns_match_whole_labels() {
        let cases: [(&str, &str, u16, bool); 10] = [
            ("example.com", "example.com", 443, true),
            ("example.com", "example.com.", 443, true),
            ("example.com", "a.example.com", 443, false),
            ("example.com", "notexample.com", 443, false),
            ("*.example.com", "a.b.example.com", 443, true),
            ("*.example.com", "example.com", 443, false),
            ("*.example.com", "notexample.com", 443, false),
            ("*.example.com", ".example.com", 443, false),
            ("localhost:80", "localhost", 80, true),
            ("localhost:80", "localhost", 81, false),
        ];
        for (pattern, host, port, fits) in cases {
            let pattern: HostPattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(host, port), fits, "{pattern} {host}:{port}");
        }
    }
}
