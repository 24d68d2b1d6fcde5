//! Looks at the store for those whose rate is spent.
//!
//! That a rate is spent tells that many came, and not that this one is among those who spent it: a token
//! may be good, and an account may know the network. The store knows, so it is asked for a few of them: few
//! of one network and few in all, however many networks there are.

use std::{net::IpAddr, num::NonZeroU32};

use gathering_domain::{Rate, Timestamp};

use super::{Rates, key::Key};

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Look {
    /// Whether there is such a token.
    Token,
    /// Whether an account has signed in from a network.
    Account,
}

/// Looks for one network.
const OF_ONE: Rate = per_second(2, 60);
/// Looks for all networks together.
const OF_ALL: Rate = per_second(50, 500);

const fn per_second(count: u32, burst: u32) -> Rate {
    let (count, burst) = (NonZeroU32::new(count), NonZeroU32::new(burst));
    Rate::per_second(count.expect("above zero"), burst.expect("above zero"))
}

impl Rates {
    /// Whether the store may be asked, although a rate is spent.
    pub(crate) fn may_look(&self, look: Look, network: IpAddr, now: Timestamp) -> bool {
        let key = Key::Look(look, network);
        let of_one = self.count(&self.strangers, Some(OF_ONE), "look", &key, now);
        if of_one.is_some_and(|standing| standing.wait().is_some()) {
            return false;
        }
        let may = self.looks[look as usize].count(OF_ALL, "look", now).wait().is_none();
        if !may {
            self.put_back(Some(OF_ONE), &key);
        }
        may
    }

    /// Takes back what [`Self::may_look`] counted: it was worth it.
    pub(crate) fn found(&self, look: Look, network: IpAddr) {
        self.put_back(Some(OF_ONE), &Key::Look(look, network));
        self.looks[look as usize].put_back(OF_ALL);
    }
}
