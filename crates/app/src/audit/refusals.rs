//! Requests that were refused: recorded, but not one by one where somebody tries for ever.

mod counts;

use std::net::IpAddr;

use gathering_domain::{Actor, AuditAction, AuditOutcome, Permission, client_network};
use gathering_storage::{Unit, Write};
use serde_json::{Value, json};

use super::{Audit, Target, Who, chain::Whose};
use crate::{Caller, Origin, Result};

pub(super) use counts::WINDOW;
pub(crate) use counts::{Refusals, Which};
use counts::{Told, Untold};

/// Counts that are told in one transaction.
const AT_ONCE: usize = 200;

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
    /// The project that was named, if that was what was refused.
    pub project: Option<&'a str>,
}

/// Method and path.
type Route = (&'static str, &'static str);

/// Refusals that count as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Somebody, on one route, for one reason.
    Known(Actor, Route, &'static str),
    /// Nobody, from one network, for one reason.
    Nobody(Option<IpAddr>, &'static str),
    /// Somebody, where callers and routes are too many to be told apart.
    AnyKnown,
    /// Nobody, where networks are too many to be told apart.
    AnyNobody,
}

impl Audit<'_> {
    /// Records that a request was refused: the first of each caller, route and reason in a minute; those
    /// after it are counted, and told with the next one or at the end of their minute.
    pub async fn refused(&self, refused: Refused<'_>) -> Result<()> {
        let Refused { caller, origin, method, path, code, permission, project } = refused;
        let kind = match caller {
            Some(caller) => Kind::Known(caller.actor(), (method, path), code),
            None => Kind::Nobody(origin.address.map(client_network), code),
        };
        let (refusals, now) = (&self.app.inner.refusals, self.app.now());
        let Some(left_out) = refusals.admit(kind, now) else { return Ok(()) };
        // Counts itself while it is not written, so that a failure of the store hides no refusal.
        let mut untold =
            Untold::new(refusals, vec![Told { kind, since: now, left_out: left_out + 1 }]);
        let trail = match caller {
            Some(caller) => self.app.trail(caller),
            None => self.app.trail_of(Who::unknown(&origin)),
        };
        let mut detail = json!({ "code": code });
        if let Some(permission) = permission {
            detail["permission"] = permission.as_str().into();
        }
        if let Some(project) = project {
            detail["project"] = project.into();
        }
        if left_out > 0 {
            detail["left_out"] = left_out.into();
        }
        let target = Target::new("route", &format!("{method} {path}"));
        let (action, outcome) = (AuditAction::AccessRefuse, AuditOutcome::Refused);
        self.app.write(trail.write(action, outcome, target, detail)?).await?;
        untold.told(1);
        self.app.recorded();
        Ok(())
    }

    /// Records how many refusals were left out. What cannot be written is counted on.
    pub(super) async fn tell_left_out(&self, which: Which) -> Result<()> {
        let refusals = &self.app.inner.refusals;
        let mut untold = Untold::new(refusals, refusals.take(which, self.app.now()));
        while !untold.first(AT_ONCE).is_empty() {
            let told = untold.first(AT_ONCE);
            let count = told.len();
            let mut unit = Unit::new();
            for told in told {
                unit.push(self.left_out(told)?.into());
            }
            self.app.database().apply(unit).await?;
            untold.told(count);
        }
        self.chain(Whose::LeftBehind).await
    }

    fn left_out(&self, told: &Told) -> Result<Write> {
        let Told { kind, left_out, .. } = *told;
        let (who, route, code) = match kind {
            Kind::Known(actor, (method, path), code) => {
                let who = Who { actor: Some(actor), ..Who::default() };
                (who, format!("{method} {path}"), code)
            }
            Kind::Nobody(address, code) => {
                (Who { address, ..Who::default() }, "any".to_owned(), code)
            }
            Kind::AnyKnown | Kind::AnyNobody => (Who::default(), "any".to_owned(), "any"),
        };
        let mut detail: Value = json!({ "code": code, "left_out": left_out });
        match kind {
            Kind::AnyKnown => detail["of"] = "callers".into(),
            Kind::AnyNobody => detail["of"] = "strangers".into(),
            Kind::Known(..) | Kind::Nobody(..) => {}
        }
        let (action, outcome) = (AuditAction::AccessRefuse, AuditOutcome::Refused);
        let trail = self.app.trail_of(who);
        trail.write(action, outcome, Target::new("route", &route), detail)
    }
}
