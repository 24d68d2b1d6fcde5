//! What is counted apart, and the hash under which it is kept.

use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    net::IpAddr,
};

use gathering_domain::{Actor, ApiKeyId};

use super::Look;
use crate::access::RateClass;

/// What is counted apart. Never a path: whoever has many paths has no more for it.
#[derive(Hash)]
pub(super) enum Key<'a> {
    /// A person's requests of one class, by whichever session.
    Caller(RateClass, Actor),
    /// Requests of one class that came with an API key.
    Credential(RateClass, ApiKeyId),
    /// Requests of one class from a network, by nobody who is known.
    Stranger(RateClass, IpAddr),
    /// Requests from a network without a valid token.
    NoToken(IpAddr),
    /// Failed sign-ins to an account from a network.
    Pair(&'a str, IpAddr),
    /// Failed sign-ins to an account from networks that are not familiar to it.
    Account(&'a str),
    /// Failed sign-ins to all accounts from an IPv6 /48 that is not familiar to them.
    Site(IpAddr),
    /// Looks at the store for a network whose rate is spent.
    Look(Look, IpAddr),
    /// That an account has signed in from a network.
    Familiar(&'a str, IpAddr),
    /// That a token was valid.
    Proven(&'a str),
}

/// Hashes keys with a secret drawn at the start (SipHash), so that nobody can choose keys that meet in
/// one bucket.
pub(super) struct Keys(RandomState);

impl Keys {
    pub(super) fn new() -> Self {
        Self(RandomState::new())
    }

    pub(super) fn hash(&self, key: &Key<'_>) -> u64 {
        self.0.hash_one(key)
    }
}
