//! Before a password is looked at: whether too many were wrong.

use crate::{
    Problem,
    network::Network,
    rates::{Attempt, FAMILIAR_FOR, Look},
    state::Edge,
};

/// Begins a try of an account's password, unless too many have failed. Where it were refused for what
/// others did, the store is asked whether the account has signed in from this network: this instance may
/// have been started since, or it was another one.
pub(super) async fn attempt<'a>(
    edge: &'a Edge,
    email: &str,
    network: Network,
) -> Result<Attempt<'a>, Problem> {
    let (rates, now) = (&edge.rates, edge.now());
    let too_many = match rates.attempt(email, network.0, now) {
        Ok(attempt) => return Ok(attempt),
        Err(too_many) => too_many,
    };
    if too_many.of_strangers && rates.may_look(Look::Account, network.0, now) {
        let opened = edge.app().identity().opened_from(email).await?;
        let here = opened.iter().filter(|one| Network::of_address(one.address) == network);
        let last = here.map(|one| one.at).max();
        if let Some(then) = last.filter(|then| now < *then + FAMILIAR_FOR) {
            rates.knows(email, network.0, then);
            return Ok(rates.attempt(email, network.0, now)?);
        }
    }
    Err(too_many.into())
}
