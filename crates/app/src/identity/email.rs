//! What is checked of a user's address and name.

use gathering_domain::{Fault, Name, Pointer, normal_email};

use super::{CreateUser, password::password_fault};
use crate::{Error, Result};

/// The address as it is stored, or what is wrong with it.
pub(super) fn checked_email(email: &str) -> Result<String, Fault> {
    normal_email(email).ok_or_else(|| {
        let message = "an e-mail address is for instance `ada@example.com`";
        Fault::new(Pointer::from_text("/email"), "invalid_email", message)
    })
}

/// The name as it is stored, or what is wrong with it.
pub(super) fn checked_name(name: &str) -> Result<String, Fault> {
    name.trim()
        .parse::<Name>()
        .map(String::from)
        .map_err(|fault| Fault::new(Pointer::from_text("/name"), "invalid_name", fault.to_string()))
}

/// Address and name of a new user, or everything that is wrong with them and the password.
pub(super) fn checked(user: &CreateUser) -> Result<(String, String)> {
    let (email, name) = (checked_email(&user.email), checked_name(&user.name));
    match (email, name, password_fault(&user.password)) {
        (Ok(email), Ok(name), None) => Ok((email, name)),
        (email, name, password) => {
            let faults = [email.err(), name.err(), password].into_iter().flatten().collect();
            Err(Error::invalid("the user cannot be made", faults))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_of_a_user_are_told_at_once() {
        let user = CreateUser {
            email: "nobody".into(),
            name: String::new(),
            role: gathering_domain::Role::Viewer,
            password: "short".to_owned().into(),
        };
        let Error::Invalid { faults, .. } = checked(&user).unwrap_err() else { panic!() };
        let codes: Vec<_> = faults.iter().map(|fault| fault.code.as_str()).collect();
        assert_eq!(codes, ["invalid_email", "invalid_name", "too_short"]);
    }
}
