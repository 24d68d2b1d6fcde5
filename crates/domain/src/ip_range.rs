//! Ranges of addresses: as `10.1.0.0/16` or one address, and the network that counts as one client.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A range of addresses. An IPv4 address counts as the same however it is written: mapped into IPv6
/// or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpRange {
    base: IpAddr,
    bits: u8,
}

/// A text that is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a range of addresses is an address such as `192.0.2.7`, or one with bits as `10.1.0.0/16`"
)]
pub struct InvalidIpRange;

/// How many leading bits an IPv4 address has when it is mapped into IPv6.
const MAPPED_BITS: u8 = 96;
/// How many leading bits name the network that whoever has one IPv6 address has all of.
const NETWORK_BITS: u8 = 64;

impl IpRange {
    /// Whether the address is within.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => first_of(address, self.bits) == base,
            (IpAddr::V6(base), IpAddr::V6(address)) => first_of_long(address, self.bits) == base,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    fn new(address: IpAddr, bits: Option<u8>) -> Option<Self> {
        match (address, address.to_canonical()) {
            (IpAddr::V4(address), _) => {
                let bits = bits.unwrap_or(32);
                let base = IpAddr::V4(first_of(address, bits));
                (bits <= 32).then_some(Self { base, bits })
            }
            (IpAddr::V6(_), mapped @ IpAddr::V4(_)) => match bits {
                Some(bits) => Self::new(mapped, Some(bits.checked_sub(MAPPED_BITS)?)),
                None => Self::new(mapped, None),
            },
            (IpAddr::V6(address), IpAddr::V6(_)) => {
                let bits = bits.unwrap_or(128);
                let base = IpAddr::V6(first_of_long(address, bits));
                (bits <= 128).then_some(Self { base, bits })
            }
        }
    }
}

/// The network that counts as one client, named by its first address: the /64 of an IPv6 address, since
/// whoever has one has them all; an IPv4 address itself, however it is written.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(first_of_long(address, NETWORK_BITS)),
    }
}

/// The first address of the network that this one is in.
fn first_of(address: Ipv4Addr, bits: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0);
    Ipv4Addr::from(u32::from(address) & mask)
}

fn first_of_long(address: Ipv6Addr, bits: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0);
    Ipv6Addr::from(u128::from(address) & mask)
}

impl FromStr for IpRange {
    type Err = InvalidIpRange;

    fn from_str(text: &str) -> Result<Self, InvalidIpRange> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => {
                // `parse` alone would take `+8`.
                let digits = bits.bytes().all(|byte| byte.is_ascii_digit());
                let bits = bits.parse().ok().filter(|_| digits).ok_or(InvalidIpRange)?;
                (address, Some(bits))
            }
            None => (text, None),
        };
        let address = address.parse().map_err(|_| InvalidIpRange)?;
        Self::new(address, bits).ok_or(InvalidIpRange)
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.base.is_ipv4() { 32 } else { 128 };
        if self.bits == whole {
            return write!(f, "{}", self.base);
        }
        write!(f, "{}/{}", self.base, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_is_in_it_and_nothing_beside() {
        for (range, within, beside) in [
            ("10.1.0.0/16", &["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3"][..], "10.2.0.0"),
            ("10.1.9.9/16", &["10.1.0.0"], "10.0.255.255"),
            ("192.0.2.7", &["192.0.2.7", "::ffff:192.0.2.7"], "192.0.2.8"),
            ("::ffff:192.0.2.7", &["192.0.2.7"], "::192.0.2.7"),
            ("::ffff:10.0.0.0/104", &["10.9.9.9"], "11.0.0.0"),
            ("0.0.0.0/0", &["1.2.3.4", "255.255.255.255"], "::1"),
            ("2001:db8::/32", &["2001:db8:ffff::1"], "2001:db9::"),
            ("::/0", &["::1", "ffff::"], "127.0.0.1"),
            ("::1", &["::1"], "::2"),
        ] {
            let range: IpRange = range.parse().unwrap();
            for address in within {
                assert!(range.contains(address.parse().unwrap()), "{range}: {address}");
            }
            assert!(!range.contains(beside.parse().unwrap()), "{range}: {beside}");
            assert_eq!(range.to_string().parse(), Ok(range));
        }
    }

    #[test]
    fn addresses_that_one_client_has_are_one_network() {
        for (address, network) in [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
            ("2001:db8:1:3::", "2001:db8:1:3::"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("192.0.2.7", "192.0.2.7"),
            ("::1", "::"),
        ] {
            let found = client_network(address.parse().unwrap());
            assert_eq!(found.to_string(), network, "{address}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "::ffff:10.0.0.0/8",
            "[::1]",
            "fe80::1%eth0",
            "10.0.0.1:80",
            " 10.0.0.1",
        ] {
            assert_eq!(text.parse::<IpRange>(), Err(InvalidIpRange), "{text}");
        }
    }
}
