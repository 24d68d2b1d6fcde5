//! The network that a request comes from, which counts as one.

use std::net::{IpAddr, Ipv6Addr};

use gathering_domain::client_network;

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
        Self(client_network(address))
    }
}
