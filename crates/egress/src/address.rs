//! Which addresses are on the public Internet, and what the others are.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// What an address is for. Only [`AddressClass::Public`] is reached without being allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// A unicast address of the public Internet.
    Public,
    /// This host.
    Loopback,
    /// A private network (RFC 1918, unique local).
    Private,
    /// One link; holds most clouds' metadata services.
    LinkLocal,
    /// A provider's shared space behind NAT (100.64.0.0/10).
    CarrierNat,
    /// A cloud's metadata or host service outside of the ranges above.
    Metadata,
    /// No address at all; many systems take it for this host.
    Unspecified,
    /// Many receivers.
    Multicast,
    /// An IPv4 address in IPv6 clothes: mapped, compatible, Teredo, 6to4, ISATAP, local NAT64.
    Embedded,
    /// Documentation, benchmarks, protocol assignments, future use.
    Reserved,
}

impl AddressClass {
    /// Whether an allow rule can open the class. Unspecified and multicast addresses stay shut:
    /// nothing useful lives there, and systems disagree about what they mean.
    pub const fn can_be_allowed(self) -> bool {
        match self {
            Self::Public
            | Self::Loopback
            | Self::Private
            | Self::LinkLocal
            | Self::CarrierNat
            | Self::Metadata
            | Self::Embedded
            | Self::Reserved => true,
            Self::Unspecified | Self::Multicast => false,
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::CarrierNat => "carrier NAT",
            Self::Metadata => "metadata service",
            Self::Unspecified => "unspecified",
            Self::Multicast => "multicast",
            Self::Embedded => "embedded IPv4",
            Self::Reserved => "reserved",
        })
    }
}

/// Says what `address` is for.
pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        [0, ..] => AddressClass::Unspecified,
        // Metadata and host services that sit in otherwise public or differently named space:
        // Azure's wire server, Alibaba Cloud, Oracle Cloud.
        [168, 63, 129, 16] | [100, 100, 100, 200] | [192, 0, 0, 192] => AddressClass::Metadata,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [100, 64..=127, ..] => AddressClass::CarrierNat,
        [127, ..] => AddressClass::Loopback,
        [169, 254, ..] => AddressClass::LinkLocal,
        [192, 0, 0 | 2, _]
        | [192, 31, 196, _]
        | [192, 52, 193, _]
        | [192, 88, 99, _]
        | [192, 175, 48, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => AddressClass::Reserved,
        [224..=239, ..] => AddressClass::Multicast,
        _ => AddressClass::Public,
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // Mapped, translated and compatible; Teredo; 6to4; local NAT64.
        [0, 0, 0, 0, ..] | [0x2001, 0, ..] | [0x2002, ..] | [0x64, 0xff9b, 1, ..] => {
            AddressClass::Embedded
        }
        // The well-known NAT64 prefix is how IPv6-only networks reach the public Internet, so what
        // counts is the address within.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            match classify_v4(Ipv4Addr::new(a, b, c, d)) {
                AddressClass::Public => AddressClass::Public,
                _ => AddressClass::Embedded,
            }
        }
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
            AddressClass::Metadata
        }
        // Unique local; site-local, deprecated, but still routed inside by some.
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        // ISATAP carries an IPv4 address in any prefix.
        [.., 0 | 0x200, 0x5efe, _, _] => AddressClass::Embedded,
        // Benchmarks, ORCHID, documentation.
        [0x2001, 2 | 0x10..=0x2f | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressClass::Reserved,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        _ => AddressClass::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_range_is_known_at_both_ends() {
        use AddressClass::{
            CarrierNat, Embedded, LinkLocal, Loopback, Metadata, Multicast, Private, Public,
            Reserved, Unspecified,
        };
        for (text, class) in [
            ("8.8.8.8", Public),
            ("1.1.1.1", Public),
            ("9.255.255.255", Public),
            ("11.0.0.0", Public),
            ("0.0.0.0", Unspecified),
            ("0.255.255.255", Unspecified),
            ("10.0.0.0", Private),
            ("10.255.255.255", Private),
            ("100.63.255.255", Public),
            ("100.64.0.0", CarrierNat),
            ("100.127.255.255", CarrierNat),
            ("100.128.0.0", Public),
            ("100.100.100.200", Metadata),
            ("126.255.255.255", Public),
            ("127.0.0.1", Loopback),
            ("127.255.255.255", Loopback),
            ("168.63.129.16", Metadata),
            ("169.253.255.255", Public),
            ("169.254.169.254", LinkLocal),
            ("172.15.255.255", Public),
            ("172.16.0.0", Private),
            ("172.31.255.255", Private),
            ("172.32.0.0", Public),
            ("192.0.0.1", Reserved),
            ("192.0.0.192", Metadata),
            ("192.0.2.1", Reserved),
            ("192.88.99.1", Reserved),
            ("192.167.255.255", Public),
            ("192.168.0.1", Private),
            ("192.169.0.0", Public),
            ("198.17.255.255", Public),
            ("198.18.0.0", Reserved),
            ("198.19.255.255", Reserved),
            ("198.20.0.0", Public),
            ("198.51.100.7", Reserved),
            ("203.0.113.7", Reserved),
            ("223.255.255.255", Public),
            ("224.0.0.1", Multicast),
            ("239.255.255.255", Multicast),
            ("240.0.0.1", Reserved),
            ("255.255.255.255", Reserved),
            ("::", Unspecified),
            ("::1", Loopback),
            ("::2", Embedded),
            ("::127.0.0.1", Embedded),
            ("::ffff:127.0.0.1", Embedded),
            ("::ffff:8.8.8.8", Embedded),
            ("::ffff:0:127.0.0.1", Embedded),
            ("64:ff9b::8.8.8.8", Public),
            ("64:ff9b::127.0.0.1", Embedded),
            ("64:ff9b::169.254.169.254", Embedded),
            ("64:ff9b:1::8.8.8.8", Embedded),
            ("100::1", Reserved),
            ("2001::1", Embedded),
            ("2001:2::1", Reserved),
            ("2001:10::1", Reserved),
            ("2001:20::1", Reserved),
            ("2001:db8::1", Reserved),
            ("2001:4860:4860::8888", Public),
            ("2002:7f00:1::", Embedded),
            ("2606:4700::1111", Public),
            ("2606:4700::5efe:7f00:1", Embedded),
            ("2606:4700::200:5efe:7f00:1", Embedded),
            ("3fff::1", Reserved),
            ("5f00::1", Reserved),
            ("fc00::1", Private),
            ("fd00:ec2::254", Metadata),
            ("fd12:3456::1", Private),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Private),
            ("ff02::1", Multicast),
        ] {
            assert_eq!(classify(text.parse().unwrap()), class, "{text}");
        }
    }
}
