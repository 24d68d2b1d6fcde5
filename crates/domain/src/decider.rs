//! Who may decide an approval: a role, or one person by their e-mail address.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Permission, Role, normal_email};

/// The most deciders that an approval may name.
pub const MAX_DECIDERS: usize = 20;

/// One of those who may decide. Written as the role's word or the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Decider {
    /// Whoever has this role or a higher one.
    Role(Role),
    /// The user with this address, in its normal form.
    Email(String),
}

/// Text that names no decider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDecider {
    /// It has no `@` and is no role.
    #[error("a decider is `owner`, `operator`, `member`, or the e-mail address of a user")]
    UnknownRole,
    /// The role decides nothing at all.
    #[error("viewers decide nothing; name `member` for whoever may decide at all")]
    RoleMayNotDecide,
    /// It has an `@` and is no address.
    #[error("an e-mail address is for instance `ada@example.com`")]
    InvalidEmail,
}

impl InvalidDecider {
    /// The stable code of the fault.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownRole => "unknown_role",
            Self::RoleMayNotDecide => "role_may_not_decide",
            Self::InvalidEmail => "invalid_email",
        }
    }
}

impl Decider {
    /// Whether it names a person with this role and, if they have one, this address.
    pub fn names(&self, role: Role, email: Option<&str>) -> bool {
        match self {
            Self::Role(least) => role.includes(*least),
            Self::Email(address) => email == Some(address),
        }
    }
}

impl FromStr for Decider {
    type Err = InvalidDecider;

    fn from_str(text: &str) -> Result<Self, InvalidDecider> {
        if text.contains('@') {
            return normal_email(text).map(Self::Email).ok_or(InvalidDecider::InvalidEmail);
        }
        let role = Role::from_word(text).ok_or(InvalidDecider::UnknownRole)?;
        if role.allows(Permission::ApprovalDecide) {
            Ok(Self::Role(role))
        } else {
            Err(InvalidDecider::RoleMayNotDecide)
        }
    }
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Role(role) => role.as_str(),
            Self::Email(address) => address,
        })
    }
}

impl TryFrom<String> for Decider {
    type Error = InvalidDecider;

    fn try_from(text: String) -> Result<Self, InvalidDecider> {
        text.parse()
    }
}

impl From<Decider> for String {
    fn from(decider: Decider) -> Self {
        decider.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_names_whoever_has_it_or_a_higher_one() {
        let operators: Decider = "operator".parse().unwrap();
        for (role, named) in [
            (Role::Owner, true),
            (Role::Operator, true),
            (Role::Member, false),
            (Role::Viewer, false),
        ] {
            assert_eq!(operators.names(role, None), named, "{role:?}");
        }
        assert!("member".parse::<Decider>().unwrap().names(Role::Member, Some("ada@example.com")));
    }

    #[test]
    fn an_address_names_one_person_however_it_is_written() {
        let ada: Decider = "Ada@Example.com ".parse().unwrap();
        assert_eq!(ada.to_string(), "ada@example.com");
        assert!(ada.names(Role::Member, Some("ada@example.com")));
        assert!(!ada.names(Role::Owner, Some("anna@example.com")));
        assert!(!ada.names(Role::Owner, None));
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for (text, code) in [
            ("boss", "unknown_role"),
            ("", "unknown_role"),
            ("Owner", "unknown_role"),
            ("viewer", "role_may_not_decide"),
            ("ada@", "invalid_email"),
            ("a b@example.com", "invalid_email"),
        ] {
            assert_eq!(text.parse::<Decider>().unwrap_err().code(), code, "{text}");
        }
    }
}
