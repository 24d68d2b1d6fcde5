//! The rates that hold, class by class.

use gathering_domain::Rate;

use crate::access::RateClass;

/// How often a caller, an address or an account may ask; what has no rate is not limited. Without
/// configuration nothing is: what is generous is for whoever runs the server to say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Set-ups and sign-ins of one address.
    pub sign_in: Option<Rate>,
    /// Requests of one caller that look something up.
    pub read: Option<Rate>,
    /// Requests of one caller that change something.
    pub write: Option<Rate>,
    /// Streams that one caller opens.
    pub stream: Option<Rate>,
    /// Requests of one caller that start runs or call models or tools.
    pub expensive: Option<Rate>,
    /// Requests of one address to hooks.
    pub hook: Option<Rate>,
    /// Requests of one address that need a token and have no valid one.
    pub no_token: Option<Rate>,
    /// Failed sign-ins of one address to one account.
    pub failed_pair: Option<Rate>,
    /// Failed sign-ins to one account, of all addresses that are not familiar to it.
    pub failed_account: Option<Rate>,
    /// Failed sign-ins to all accounts, of all addresses that are not familiar to them.
    pub failed_total: Option<Rate>,
}

impl RateLimits {
    pub(super) const fn of(&self, class: RateClass) -> Option<Rate> {
        match class {
            RateClass::Free => None,
            RateClass::SignIn => self.sign_in,
            RateClass::Read => self.read,
            RateClass::Write => self.write,
            RateClass::Stream => self.stream,
            RateClass::Expensive => self.expensive,
            RateClass::Hook => self.hook,
        }
    }
}
