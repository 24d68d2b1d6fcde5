//! Requests that were refused: recorded, but not one by one where somebody tries for ever.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use gathering_domain::{Actor, AuditAction, AuditOutcome, Duration, Permission, Timestamp};
use serde_json::{Value, json};

use super::{Audit, Target, Who};
use crate::{Caller, Origin, Result};

/// Of equal refusals, one in so long a time is recorded, with the number of those left out since.
const WINDOW: Duration = Duration::from_secs(60);
/// Callers and routes that are told apart at most; the rest counts as one.
const MOST: usize = 10_000;

/// A request that was refused.
#[derive(Debug, Clone)]
pub struct Refused<'a> {
    /// Who asked, if that is known.
    pub caller: Option<&'a Caller>,
    /// Where the request came from.
    pub origin: Origin,
    /// The method of the route.
    pub method: &'static str,
    /// Its path, with its variable parts in braces.
    pub path: &'static str,
    /// The code of the refusal.
    pub code: &'static str,
    /// The permission that was wanting, if one was.
    pub permission: Option<Permission>,
}

/// Refusals of the last while, counted.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<Kind, Seen>>);

/// Method and path.
type Route = (&'static str, &'static str);

/// Refusals that count as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Somebody, on one route, for one reason.
    Known(Actor, Route, &'static str),
    /// Nobody, from one network, for one reason.
    Nobody(Option<IpAddr>, &'static str),
    /// Those who are too many to be told apart.
    Rest,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    since: Timestamp,
    left_out: u64,
}

impl Audit<'_> {
    /// Records that a request was refused: the first of each caller, route and reason in a minute; those
    /// after it are counted, and told with the next one or at the end of their minute.
    pub async fn refused(&self, refused: Refused<'_>) -> Result<()> {
        let Refused { caller, origin, method, path, code, permission } = refused;
        let kind = match caller {
            Some(caller) => Kind::Known(caller.actor(), (method, path), code),
            None => Kind::Nobody(origin.address.map(network), code),
        };
        let Some(left_out) = self.app.inner.refusals.admit(kind, self.app.now()) else {
            return Ok(());
        };
        let trail = match caller {
            Some(caller) => self.app.trail(caller),
            None => self.app.trail_of(Who::unknown(&origin)),
        };
        let mut detail = json!({ "code": code });
        if let Some(permission) = permission {
            detail["permission"] = permission.as_str().into();
        }
        if left_out > 0 {
            detail["left_out"] = left_out.into();
        }
        let target = Target::new("route", &format!("{method} {path}"));
        let (action, outcome) = (AuditAction::AccessRefuse, AuditOutcome::Refused);
        self.app.write(trail.write(action, outcome, target, detail)?).await?;
        self.app.recorded();
        Ok(())
    }

    /// Records how many refusals were left out whose minute is over.
    pub(super) async fn tell_left_out(&self) -> Result<()> {
        let over = self.app.inner.refusals.over(self.app.now());
        for (kind, left_out) in over {
            let (who, route, code) = match kind {
                Kind::Known(actor, (method, path), code) => {
                    let who = Who { actor: Some(actor), ..Who::default() };
                    (who, format!("{method} {path}"), code)
                }
                Kind::Nobody(address, code) => {
                    (Who { address, ..Who::default() }, "any".to_owned(), code)
                }
                Kind::Rest => (Who::default(), "any".to_owned(), "any"),
            };
            let detail: Value = json!({ "code": code, "left_out": left_out });
            let (action, outcome) = (AuditAction::AccessRefuse, AuditOutcome::Refused);
            let trail = self.app.trail_of(who);
            let record = trail.write(action, outcome, Target::new("route", &route), detail)?;
            self.app.write(record).await?;
        }
        self.chain().await
    }
}

impl Refusals {
    /// Whether it is to be recorded, and then with how many that were left out before it.
    fn admit(&self, kind: Kind, now: Timestamp) -> Option<u64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = if seen.len() < MOST || seen.contains_key(&kind) { kind } else { Kind::Rest };
        match seen.get_mut(&kind) {
            Some(found) if now.since(found.since) < WINDOW => {
                found.left_out += 1;
                None
            }
            found => {
                let left_out = found.map_or(0, |found| found.left_out);
                seen.insert(kind, Seen { since: now, left_out: 0 });
                Some(left_out)
            }
        }
    }

    /// Forgets those whose time is over, and says how many of each were left out.
    fn over(&self, now: Timestamp) -> Vec<(Kind, u64)> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = Vec::new();
        seen.retain(|kind, found| {
            let fresh = now.since(found.since) < WINDOW;
            if !fresh && found.left_out > 0 {
                over.push((*kind, found.left_out));
            }
            fresh
        });
        over
    }
}

/// The network of an address: whoever has one of IPv6 has its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_told_with_the_next() {
        let (refusals, begin) = (Refusals::default(), Timestamp::from_micros(1));
        let kind = Kind::Known(Actor::System, ("GET", "/api/v1/users"), "forbidden");
        assert_eq!(refusals.admit(kind, begin), Some(0));
        for _ in 0..5 {
            assert_eq!(refusals.admit(kind, begin), None);
        }
        let other = Kind::Known(Actor::System, ("GET", "/api/v1/audit"), "forbidden");
        assert_eq!(refusals.admit(other, begin), Some(0));
        assert_eq!(refusals.over(begin), []);
        let later = begin + WINDOW;
        assert_eq!(refusals.admit(kind, later), Some(5));
        assert_eq!(refusals.admit(kind, later), None);
        assert_eq!(refusals.over(later + WINDOW), [(kind, 1)]);
        assert!(refusals.0.lock().unwrap().is_empty());
    }

    #[test]
    fn memory_is_bounded_however_many_ask() {
        let (refusals, now) = (Refusals::default(), Timestamp::from_micros(1));
        for n in 0..u32::try_from(MOST).unwrap() + 100 {
            let address = IpAddr::from(n.to_be_bytes());
            refusals.admit(Kind::Nobody(Some(address), "unauthenticated"), now);
        }
        assert_eq!(refusals.0.lock().unwrap().len(), MOST + 1);
        assert_eq!(refusals.over(now + WINDOW), [(Kind::Rest, 99)]);
    }

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
