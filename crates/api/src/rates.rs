//! How often callers, addresses and accounts may ask, in memory of a fixed size.
//!
//! Each instance counts for itself: `n` instances let through `n` times as many at most.

mod key;
mod limits;
mod looks;
mod sign_ins;
mod standing;
mod table;
mod total;

#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr};

use gathering_app::{Caller, Credential};
use gathering_domain::{Duration, Rate, Timestamp};

use self::{
    key::{Key, Keys},
    standing::{ask, give_back, micros},
    table::Table,
    total::Total,
};
use crate::access::RateClass;

pub use limits::RateLimits;
pub(crate) use looks::Look;
pub(crate) use sign_ins::{Attempt, FAMILIAR_FOR};
pub(crate) use standing::Standing;

/// Buckets of the table of callers, of eight entries of 16 bytes each: 512 KiB.
const OF_CALLERS: usize = 1 << 12;
/// Buckets of the table of addresses and accounts, which anybody can fill: 8 MiB.
const OF_STRANGERS: usize = 1 << 16;
/// Buckets of the table of tokens and addresses that were good: 1 MiB.
const OF_PROVEN: usize = 1 << 13;

/// How long a token counts as good after its last use, without being asked for again.
const PROVEN_FOR: Duration = Duration::from_secs(3600);
/// How exactly the last use of a token is noted.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// Counts requests. What strangers do is kept apart from what callers do: no flood from outside can
/// push out a caller, or make one wait.
pub(crate) struct Rates {
    limits: RateLimits,
    keys: Keys,
    callers: Table,
    strangers: Table,
    proven: Table,
    /// All failed sign-ins together.
    failures: Total,
    /// All looks for those whose rate is spent, by what is looked up.
    looks: [Total; 2],
}

impl Rates {
    /// Nothing is counted yet.
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            keys: Keys::new(),
            callers: Table::of(OF_CALLERS),
            strangers: Table::of(OF_STRANGERS),
            proven: Table::of(OF_PROVEN),
            failures: Total::default(),
            looks: Default::default(),
        }
    }

    /// Counts a caller's request.
    pub(crate) fn caller(
        &self,
        class: RateClass,
        caller: &Caller,
        now: Timestamp,
    ) -> Option<Standing> {
        let key = match caller.credential() {
            Credential::Key(key) => Key::Credential(class, key),
            Credential::Session(_) | Credential::None => Key::Caller(class, caller.actor()),
        };
        self.count(&self.callers, self.limits.of(class), class.word(), &key, now)
    }

    /// Counts a request that anybody may make.
    pub(crate) fn stranger(
        &self,
        class: RateClass,
        network: IpAddr,
        now: Timestamp,
    ) -> Option<Standing> {
        let key = Key::Stranger(class, network);
        self.count(&self.strangers, self.limits.of(class), class.word(), &key, now)
    }

    /// Counts a request without a valid token.
    pub(crate) fn no_token(&self, network: IpAddr, now: Timestamp) -> Option<Standing> {
        let key = Key::NoToken(network);
        self.count(&self.strangers, self.limits.no_token, "no_token", &key, now)
    }

    /// Takes back what [`Self::no_token`] counted: the token was valid.
    pub(crate) fn had_token(&self, network: IpAddr) {
        self.put_back(self.limits.no_token, &Key::NoToken(network));
    }

    /// Whether the token was valid not long ago. It need not be any more.
    pub(crate) fn is_proven(&self, token: &str, now: Timestamp) -> bool {
        let until = self.proven.get(self.keys.hash(&Key::Proven(token)));
        until.is_some_and(|until| until > micros(now))
    }

    /// Notes that the token is valid.
    pub(crate) fn prove(&self, token: &str, now: Timestamp) {
        if self.limits.no_token.is_none() {
            return;
        }
        let until = micros(now + PROVEN_FOR);
        self.proven.update(self.keys.hash(&Key::Proven(token)), |kept| {
            let lately = kept.own && kept.value + NOTED_EVERY.micros() > until;
            ((), (!lately).then_some(until))
        });
    }

    /// Notes that the token is not valid.
    pub(crate) fn disprove(&self, token: &str) {
        let hash = self.keys.hash(&Key::Proven(token));
        self.proven.update(hash, |kept| ((), kept.own.then_some(0)));
    }

    fn count(
        &self,
        table: &Table,
        rate: Option<Rate>,
        name: &'static str,
        key: &Key<'_>,
        now: Timestamp,
    ) -> Option<Standing> {
        let rate = rate?;
        Some(table.update(self.keys.hash(key), |kept| ask(rate, name, now, kept)))
    }

    fn put_back(&self, rate: Option<Rate>, key: &Key<'_>) {
        if let Some(rate) = rate {
            self.strangers.update(self.keys.hash(key), |kept| give_back(rate, kept));
        }
    }

    /// The memory of what is counted, in bytes. Whoever asks, it never changes.
    pub(crate) fn bytes(&self) -> usize {
        [&self.callers, &self.strangers, &self.proven].map(Table::bytes).iter().sum()
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limits, .. } = self;
        f.debug_struct("Rates").field("limits", limits).field("bytes", &self.bytes()).finish()
    }
}
