//! Failed sign-ins: counted by account and address, by account, and all together.
//!
//! An account has no lock: whoever tries many passwords on it may not keep its owner out. So failures
//! are counted where they come from. An address that has signed in to the account is familiar to it, and
//! answers for its own failures alone; those of all others are counted together as well, by account
//! (one account guessed from many addresses) and over all accounts (one try each on many accounts from
//! many addresses). Nothing here asks whether there is such an account.

use std::net::IpAddr;

use gathering_app::Error;
use gathering_domain::{Duration, Rate, Timestamp, normal_email};

use super::{Rates, key::Key, standing::micros};
use crate::Problem;

/// How long an address stays familiar to an account after a sign-in.
const FAMILIAR_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// A sign-in under way. What it may cost is taken beforehand, so that tries at the same time cannot go
/// beyond a rate, and given back unless it fails.
#[must_use]
pub(crate) struct Attempt<'a> {
    rates: &'a Rates,
    account: String,
    network: IpAddr,
    familiar: bool,
}

impl Rates {
    /// Begins a sign-in, unless too many have failed.
    pub(crate) fn attempt(
        &self,
        email: &str,
        network: IpAddr,
        now: Timestamp,
    ) -> Result<Attempt<'_>, Problem> {
        // What is no address cannot be an account's, but is counted like one.
        let account = normal_email(email).unwrap_or_else(|| email.trim().to_lowercase());
        let known = self.proven.get(self.keys.hash(&Key::Familiar(&account, network)));
        let familiar = known.is_some_and(|until| until > micros(now));
        let limits = &self.limits;
        let attempt = Attempt { rates: self, account, network, familiar };
        let (pair, account) = (attempt.pair(), attempt.account());
        self.take(limits.failed_pair, &pair, now)?;
        if !familiar {
            self.take(limits.failed_account, &account, now)
                .inspect_err(|_| self.put_back(limits.failed_pair, &pair))?;
            self.take_of_all(now).inspect_err(|_| {
                self.put_back(limits.failed_pair, &pair);
                self.put_back(limits.failed_account, &account);
            })?;
        }
        Ok(attempt)
    }

    fn take(&self, rate: Option<Rate>, key: &Key<'_>, now: Timestamp) -> Result<(), Problem> {
        let standing = self.count(&self.strangers, rate, "failed_sign_in", key, now);
        refusal(standing.and_then(|standing| standing.wait()))
    }

    fn take_of_all(&self, now: Timestamp) -> Result<(), Problem> {
        let standing = self.count_failure_of_all(now);
        refusal(standing.and_then(|standing| standing.wait()))
    }
}

/// Which of the rates is reached is not told.
fn refusal(wait: Option<Duration>) -> Result<(), Problem> {
    let Some(wait) = wait else { return Ok(()) };
    let detail =
        "too many sign-ins have failed: try again later, or from where it went well before";
    Err(Problem::new("too_many_requests", detail).after(wait))
}

impl Attempt<'_> {
    /// Ends it. A failure was paid for when it began; what was neither right nor wrong, as when the
    /// server was too busy to look, costs nothing.
    pub(crate) fn end<T>(self, answer: &Result<T, Error>, now: Timestamp) {
        if matches!(answer, Err(Error::Unauthenticated(_))) {
            return;
        }
        let (rates, limits) = (self.rates, &self.rates.limits);
        rates.put_back(limits.failed_pair, &self.pair());
        if !self.familiar {
            rates.put_back(limits.failed_account, &self.account());
            rates.put_back_of_all();
        }
        if answer.is_ok() {
            let familiar = Key::Familiar(&self.account, self.network);
            let until = micros(now + FAMILIAR_FOR);
            rates.proven.update(rates.keys.hash(&familiar), |_| ((), Some(until)));
        }
    }

    fn pair(&self) -> Key<'_> {
        Key::Pair(&self.account, self.network)
    }

    fn account(&self) -> Key<'_> {
        Key::Account(&self.account)
    }
}
