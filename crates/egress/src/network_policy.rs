//! What may be reached: hosts that are named, and addresses that are opened beyond the public ones.

use std::{fmt, net::IpAddr, str::FromStr};

use gathering_domain::{HostPattern, InvalidHost};
use serde::{Deserialize, Serialize};

use crate::{
    EgressErrorKind, Target,
    address::{AddressClass, classify},
};

/// What an egress client may reach. The default is every public address and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkPolicy {
    /// Opens addresses that are not public.
    pub allow: Vec<AllowRule>,
    /// If present, the only hosts that may be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_hosts: Option<Vec<HostPattern>>,
    /// Hosts that may not be named, whatever else says.
    pub deny_hosts: Vec<HostPattern>,
}

/// Opens addresses that are not public: those of a named host, or those of a range.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AllowRule {
    /// Whatever this host's addresses are.
    Host(HostPattern),
    /// Any host whose address is in this range.
    Range {
        /// An address of the range.
        base: IpAddr,
        /// How many of its leading bits count.
        bits: u8,
    },
}

/// Text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// Not a host.
    #[error(transparent)]
    Host(#[from] InvalidHost),
    /// Not a range.
    #[error("`{0}` is not a range of addresses; write for instance `10.1.0.0/16` or `fd00::/8`")]
    Range(String),
}

/// What a policy says of a host by its name and port, before its addresses are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameVerdict {
    /// Go on; only public addresses, or those of an allowed range.
    Public,
    /// Go on, whatever the addresses are.
    Opened,
    /// Not this host.
    HostRefused,
    /// This host only at other ports.
    PortRefused,
}

/// Whether the rules name the target, so that even an unencrypted connection may carry secrets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened(pub bool);

impl NetworkPolicy {
    /// Every public address, and besides the addresses of `rules`.
    pub fn public_and(rules: impl IntoIterator<Item = AllowRule>) -> Self {
        Self { allow: rules.into_iter().collect(), ..Self::default() }
    }

    /// The same, but only these hosts may be named.
    pub fn only(mut self, hosts: impl IntoIterator<Item = HostPattern>) -> Self {
        self.only_hosts = Some(hosts.into_iter().collect());
        self
    }

    /// Applies the rules to a target before anything is asked of the network; says whether they open it,
    /// by its name or as the address that it is. A name's addresses are judged once they are known.
    pub fn judge(&self, target: &Target) -> Result<Opened, EgressErrorKind> {
        let (host, port) = (target.host(), target.port());
        let verdict = self.judge_name(host, port);
        match verdict {
            NameVerdict::Public | NameVerdict::Opened => {}
            NameVerdict::HostRefused => {
                return Err(EgressErrorKind::HostRefused { host: host.to_owned() });
            }
            NameVerdict::PortRefused => {
                return Err(EgressErrorKind::PortRefused { host: host.to_owned(), port });
            }
        }
        // The client connects to a literal address without asking the resolver.
        let mut opened = verdict == NameVerdict::Opened;
        if let Some(address) = target.address() {
            let refused = self.judge_address(host, address);
            refused.map_err(|class| {
                let host = host.to_owned();
                EgressErrorKind::AddressRefused { host, class }
            })?;
            opened |= classify(address) != AddressClass::Public;
        }
        Ok(Opened(opened))
    }

    pub(crate) fn judge_name(&self, host: &str, port: u16) -> NameVerdict {
        let named = |patterns: &[HostPattern]| patterns.iter().any(|p| p.matches(host, port));
        if named(&self.deny_hosts) || self.only_hosts.as_deref().is_some_and(|only| !named(only)) {
            return NameVerdict::HostRefused;
        }
        if self.host_rules().any(|pattern| pattern.matches(host, port)) {
            return NameVerdict::Opened;
        }
        // The resolver sees no port, so a host that is opened for one port must not be asked at
        // another.
        if self.host_rules().any(|pattern| pattern.matches_host(host)) {
            return NameVerdict::PortRefused;
        }
        NameVerdict::Public
    }

    /// Judges one of the addresses that the name `host` has.
    pub fn judge_address(&self, host: &str, address: IpAddr) -> Result<(), AddressClass> {
        let class = classify(address);
        if class == AddressClass::Public {
            return Ok(());
        }
        let opened = self.host_rules().any(|pattern| pattern.matches_host(host))
            || self.allow.iter().any(|rule| rule.has(address));
        if opened && class.can_be_allowed() { Ok(()) } else { Err(class) }
    }

    fn host_rules(&self) -> impl Iterator<Item = &HostPattern> {
        self.allow.iter().filter_map(|rule| match rule {
            AllowRule::Host(pattern) => Some(pattern),
            AllowRule::Range { .. } => None,
        })
    }
}

impl AllowRule {
    fn has(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Range { base: IpAddr::V4(base), bits }, IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            (Self::Range { base: IpAddr::V6(base), bits }, IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for AllowRule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let Some((base, bits)) = text.split_once('/') else {
            return Ok(Self::Host(text.parse()?));
        };
        let fault = || InvalidRule::Range(text.chars().take(64).collect());
        let base: IpAddr = base.parse().map_err(|_| fault())?;
        let bits: u8 = bits.parse().map_err(|_| fault())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        if bits <= most { Ok(Self::Range { base, bits }) } else { Err(fault()) }
    }
}

impl fmt::Display for AllowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(pattern) => pattern.fmt(f),
            Self::Range { base, bits } => write!(f, "{base}/{bits}"),
        }
    }
}

impl TryFrom<String> for AllowRule {
    type Error = InvalidRule;

    fn try_from(text: String) -> Result<Self, InvalidRule> {
        text.parse()
    }
}

impl From<AllowRule> for String {
    fn from(rule: AllowRule) -> Self {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_and_print() {
        for text in [
            "example.com",
            "*.example.com",
            "localhost:11434",
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:8080",
            "10.0.0.0/8",
            "fd00::/8",
            "0.0.0.0/0",
            "my_host",
        ] {
            assert_eq!(text.parse::<AllowRule>().unwrap().to_string(), text);
        }
        for text in [
            "",
            ".",
            "a..b",
            "*",
            "*.",
            "*.1.2.3.4",
            "*.[::1]",
            "a:0",
            "a:99999",
            "a b",
            "::1",
            "1.2.3",
            "1.2.3.4/33",
            "::/129",
            "x/8",
            "http://a",
            "a/b",
            "[::1",
            "é.com",
        ] {
            assert!(text.parse::<AllowRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_and_addresses_are_judged_apart() {
        let rules = ["localhost:11434", "10.1.0.0/16", "*.lan"].map(|r| r.parse().unwrap());
        let mut policy = NetworkPolicy::public_and(rules);
        policy.deny_hosts = vec!["evil.example".parse().unwrap()];
        for (host, port, verdict) in [
            ("example.com", 443, NameVerdict::Public),
            ("localhost", 11434, NameVerdict::Opened),
            ("localhost", 80, NameVerdict::PortRefused),
            ("nas.lan", 80, NameVerdict::Opened),
            ("evil.example", 443, NameVerdict::HostRefused),
        ] {
            assert_eq!(policy.judge_name(host, port), verdict, "{host}:{port}");
        }
        for (host, address, fits) in [
            ("example.com", "93.184.216.34", true),
            ("example.com", "127.0.0.1", false),
            ("example.com", "10.1.2.3", true),
            ("example.com", "10.2.2.3", false),
            ("localhost", "127.0.0.1", true),
            ("localhost", "0.0.0.0", false),
            ("nas.lan", "192.168.1.5", true),
            ("nas.lan", "ff02::1", false),
        ] {
            let judged = policy.judge_address(host, address.parse().unwrap());
            assert_eq!(judged.is_ok(), fits, "{host} {address}");
        }
        let only = policy.only(["api.example.com".parse().unwrap()]);
        assert_eq!(only.judge_name("api.example.com", 443), NameVerdict::Public);
        assert_eq!(only.judge_name("localhost", 11434), NameVerdict::HostRefused);
    }
}
