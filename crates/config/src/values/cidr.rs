//! A network of addresses, written `10.1.0.0/16` or as one address.

use std::net::IpAddr;

use crate::setting::{ListItem, Raw, Setting, unfit};

/// A network: an address and the number of its leading bits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The network's address, as it was written.
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// How many leading bits of the address count.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether `address` lies in the network. An IPv4 address never lies in an IPv6 network.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits())
                    .checked_shr(32 - u32::from(self.prefix))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits())
                    .checked_shr(128 - u32::from(self.prefix))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address.parse().ok()?, Some(prefix.parse().ok()?)),
            None => (text.trim().parse().ok()?, None),
        };
        let longest = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let prefix = prefix.unwrap_or(longest);
        (prefix <= longest).then_some(Self { address, prefix })
    }
}

impl Setting for Cidr {
    const KIND: &'static str = "a network such as `10.1.0.0/16`";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(Self::parse).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        format!("{}/{}", self.address, self.prefix)
    }
}

impl ListItem for Cidr {
    const LIST_KIND: &'static str = "a list of networks";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_exactly_the_addresses_under_its_prefix() {
        for (network, inside, outside) in [
            ("10.1.0.0/16", "10.1.255.255", "10.2.0.0"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::/0", "ffff::", "1.2.3.4"),
            ("::1", "::1", "::2"),
        ] {
            let cidr = Cidr::parse(network).unwrap();
            assert!(cidr.contains(inside.parse().unwrap()), "{inside} in {network}");
            assert!(!cidr.contains(outside.parse().unwrap()), "{outside} not in {network}");
        }
    }

    #[test]
    fn malformed_networks_are_refused() {
        for text in
            ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "localhost", "1.2.3.4/-1"]
        {
            assert!(Cidr::parse(text).is_none(), "{text}");
        }
    }
}
