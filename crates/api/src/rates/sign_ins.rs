//! Wrong passwords: counted by account and address, by account, and all together.
//!
//! An account has no lock: whoever tries many passwords on it may not keep its owner out. So failures
//! are counted where they come from. An address that has signed in to the account is familiar to it, and
//! answers for its own failures alone; those of all others are counted together as well, by account
//! (one account guessed from many addresses) and over all accounts (one try each on many accounts from
//! many addresses). Nothing here asks whether there is such an account.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
};

use gathering_app::{Error, Unauthenticated};
use gathering_domain::{Duration, Rate, Timestamp, normal_email};

use super::{Rates, key::Key, standing::micros};
use crate::Problem;

/// How long an address stays familiar to an account after a sign-in.
pub(crate) const FAMILIAR_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many IPv6 /48 it takes at least to use up the failures of all: whoever has one has 65,536 networks.
const SITES: NonZeroU32 = NonZeroU32::new(4).expect("above zero");
/// The name of the rates; which of them is reached is not told.
const NAME: &str = "failed_sign_in";

/// A try of a password under way. What it may cost is taken beforehand, so that tries at the same time
/// cannot go beyond a rate, and given back unless it fails.
#[must_use]
pub(crate) struct Attempt<'a> {
    rates: &'a Rates,
    account: String,
    network: IpAddr,
    familiar: bool,
}

/// Too many have failed for another try.
#[derive(Debug)]
pub(crate) struct TooMany {
    wait: Duration,
    /// Whether the failures are those of all who are not familiar to the account.
    pub(crate) of_strangers: bool,
}

impl Rates {
    /// Begins a try of a password, unless too many have failed.
    pub(crate) fn attempt(
        &self,
        email: &str,
        network: IpAddr,
        now: Timestamp,
    ) -> Result<Attempt<'_>, TooMany> {
        let account = account(email);
        let known = self.proven.get(self.keys.hash(&Key::Familiar(&account, network)));
        let familiar = known.is_some_and(|until| until > micros(now));
        let attempt = Attempt { rates: self, account, network, familiar };
        attempt.take(now)?;
        Ok(attempt)
    }

    /// Notes that an account has signed in from a network, then.
    pub(crate) fn knows(&self, email: &str, network: IpAddr, then: Timestamp) {
        let (account, until) = (account(email), micros(then + FAMILIAR_FOR));
        let hash = self.keys.hash(&Key::Familiar(&account, network));
        self.proven.update(hash, |_| ((), Some(until)));
    }
}

/// What is no address cannot be an account's, but is counted like one.
fn account(email: &str) -> String {
    normal_email(email).unwrap_or_else(|| email.trim().to_lowercase())
}

impl Attempt<'_> {
    /// Ends it. A failure was paid for when it began; what was neither right nor wrong, as when the
    /// server was too busy to look, costs nothing.
    pub(crate) fn end<T>(self, answer: &Result<T, Error>, now: Timestamp) {
        if matches!(answer, Err(Error::Unauthenticated(Unauthenticated::WrongCredentials))) {
            return;
        }
        self.put_back(&self.costs());
        if let Some(rate) = self.cost_of_all() {
            self.rates.failures.put_back(rate);
        }
        if answer.is_ok() {
            self.rates.knows(&self.account, self.network, now);
        }
    }

    fn take(&self, now: Timestamp) -> Result<(), TooMany> {
        let (rates, costs) = (self.rates, self.costs());
        for (n, (rate, key)) in costs.iter().enumerate() {
            let standing = rates.count(&rates.strangers, *rate, NAME, key, now);
            if let Some(wait) = standing.and_then(|standing| standing.wait()) {
                self.put_back(&costs[..n]);
                return Err(TooMany { wait, of_strangers: n > 0 });
            }
        }
        let standing = self.cost_of_all().map(|rate| rates.failures.count(rate, NAME, now));
        match standing.and_then(|standing| standing.wait()) {
            None => Ok(()),
            Some(wait) => {
                self.put_back(&costs);
                Err(TooMany { wait, of_strangers: true })
            }
        }
    }

    /// What a failure counts against: first what is its own.
    fn costs(&self) -> Vec<(Option<Rate>, Key<'_>)> {
        let limits = &self.rates.limits;
        let mut costs = vec![(limits.failed_pair, Key::Pair(&self.account, self.network))];
        if !self.familiar {
            costs.push((limits.failed_account, Key::Account(&self.account)));
            let of_site = limits.failed_total.map(|rate| rate.share(SITES));
            costs.extend(site(self.network).map(|site| (of_site, Key::Site(site))));
        }
        costs
    }

    /// What all failures count against.
    fn cost_of_all(&self) -> Option<Rate> {
        self.rates.limits.failed_total.filter(|_| !self.familiar)
    }

    fn put_back(&self, costs: &[(Option<Rate>, Key<'_>)]) {
        for (rate, key) in costs {
            self.rates.put_back(*rate, key);
        }
    }
}

/// The /48 of an IPv6 network: what a site is given.
fn site(network: IpAddr) -> Option<IpAddr> {
    match network {
        IpAddr::V4(_) => None,
        IpAddr::V6(network) => Some(Ipv6Addr::from(u128::from(network) >> 80 << 80).into()),
    }
}

impl From<TooMany> for Problem {
    fn from(TooMany { wait, .. }: TooMany) -> Self {
        let detail =
            "too many passwords were wrong: try again later, or from where it went well before";
        Self::new("too_many_requests", detail).after(wait)
    }
}
