//! Places for requests of those who have not signed in: few, and not all for one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::client::Client;

/// The network that a request comes from, which counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Places for requests of those who have not signed in. Their bodies may be slow, and a place is
/// held while one is read, so they have places of their own, of which one address takes at most
/// half. Remembers no more addresses than there are places.
#[derive(Debug)]
pub(crate) struct Anonymous {
    most: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    from: Arc<Anonymous>,
    address: IpAddr,
}

impl Anonymous {
    /// So many places.
    pub(crate) fn of(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// A place for a request from this address, if there is one.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Taken> {
        let address = network(address);
        let mut taken = self.taken();
        let own = taken.get(&address).copied().unwrap_or(0);
        if taken.values().sum::<usize>() >= self.most || own >= self.most.div_ceil(2) {
            return None;
        }
        taken.insert(address, own + 1);
        Some(Taken { from: Arc::clone(self), address })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut taken = self.from.taken();
        match taken.get_mut(&self.address) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => {
                taken.remove(&self.address);
            }
        }
    }
}

/// The network that counts as one: whoever has an IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_takes_half_and_all_together_no_more_than_all() {
        let places = Anonymous::of(4);
        let enter = |address: &str| places.enter(address.parse().unwrap());
        let mut held = vec![enter("10.0.0.1").unwrap(), enter("::ffff:10.0.0.1").unwrap()];
        assert!(enter("10.0.0.1").is_none());
        held.extend([enter("2001:db8::1").unwrap(), enter("2001:db8::ffff:2").unwrap()]);
        assert!(enter("10.0.0.2").is_none());
        held.truncate(3);
        assert!(enter("2001:db8::3").is_some());
        held.clear();
        assert!(places.taken().is_empty());
    }
}
