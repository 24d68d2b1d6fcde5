//! The network that a request comes from, which counts as one.

use std::net::{IpAddr, Ipv6Addr};

use crate::client::Client;

/// The network that a request comes from, which counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(pub(crate) IpAddr);

impl Network {
    /// The network of a client; those who cannot be told share one.
    pub(crate) fn of(client: Option<Client>) -> Self {
        let unknown = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        Self::of_address(client.map_or(unknown, |client| client.address))
    }

    /// The network of an address.
    pub(crate) fn of_address(address: IpAddr) -> Self {
        Self(network(address))
    }
}

/// The network that counts as one: whoever has an IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
    }
}
