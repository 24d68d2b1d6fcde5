//! Who a caller is to an approval that names its deciders.

use gathering_domain::{Actor, Decider, Permission, Role};
use gathering_storage::users;

use super::Approvals;
use crate::{Caller, Result};

/// A caller with what deciders go by.
pub(super) struct Person {
    role: Role,
    /// Whether they have the permission at all.
    allowed: bool,
    /// The address, for a user.
    email: Option<String>,
    /// An agent, or the server itself, is nobody whom an approval could name.
    human: bool,
}

/// Which approvals somebody may decide.
pub(super) enum Reach<'a> {
    /// All.
    All,
    /// None at all.
    None,
    /// Those that name nobody, or this role or a lower one, or this address.
    Named((Role, Option<&'a str>)),
}

impl Approvals<'_> {
    pub(super) async fn person(&self, caller: &Caller) -> Result<Person> {
        let (human, email) = match caller.actor() {
            Actor::User { user_id } => {
                let user = users::find(user_id).first(self.app.database()).await?;
                (true, user.map(|user| user.email))
            }
            Actor::LocalOwner => (true, None),
            Actor::Agent { .. } | Actor::System => (false, None),
        };
        let allowed = caller.allows(Permission::ApprovalDecide);
        Ok(Person { role: caller.role(), allowed, email, human })
    }
}

impl Person {
    /// Whether this person may decide what those named may. To be named gives no right that a role does
    /// not have. Owners always may: they could give anybody's role to themselves, and a run must not
    /// wait for ever for somebody who has left.
    pub(super) fn may_decide(&self, deciders: &[Decider]) -> bool {
        if !self.allowed {
            return false;
        }
        let named = || deciders.iter().any(|one| one.names(self.role, self.email.as_deref()));
        deciders.is_empty() || self.human && (self.role == Role::Owner || named())
    }

    /// All that this person may decide, for a list.
    pub(super) fn reach(&self) -> Reach<'_> {
        if !self.allowed {
            Reach::None
        } else if self.human && self.role == Role::Owner {
            Reach::All
        } else if self.human {
            Reach::Named((self.role, self.email.as_deref()))
        } else {
            // No role and no address: what names nobody is left.
            Reach::Named((Role::Viewer, None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(role: Role, email: Option<&str>) -> Person {
        let allowed = role.allows(Permission::ApprovalDecide);
        Person { role, allowed, email: email.map(str::to_owned), human: true }
    }

    #[test]
    fn owners_always_may_and_others_if_they_are_named_and_may_at_all() {
        let named: Vec<Decider> =
            ["operator", "ada@example.com"].map(|text| text.parse().unwrap()).into();
        let ada = Some("ada@example.com");
        for (one, nobody_named, some_named) in [
            (person(Role::Owner, None), true, true),
            (person(Role::Operator, None), true, true),
            (person(Role::Member, None), true, false),
            (person(Role::Member, ada), true, true),
            (person(Role::Viewer, ada), false, false),
            // By a key without that scope.
            (Person { allowed: false, ..person(Role::Owner, ada) }, false, false),
            (Person { human: false, ..person(Role::Owner, None) }, true, false),
        ] {
            let may = (one.may_decide(&[]), one.may_decide(&named));
            assert_eq!(may, (nobody_named, some_named), "{:?} {:?}", one.role, one.email);
        }
    }
}
