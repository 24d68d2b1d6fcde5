//! E-mail addresses, and what is checked of a new user.

use gathering_domain::{Fault, Name, Pointer};

use super::{CreateUser, password::password_fault};
use crate::{Error, Result};

/// The longest address that mail servers take, in bytes.
const MAX_BYTES: usize = 254;

/// The address as it is stored and compared; none if it cannot be one.
pub(super) fn normal_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    let (local, domain) = email.rsplit_once('@')?;
    let fits = email.len() <= MAX_BYTES
        && !local.is_empty()
        && !local.contains('@')
        && !domain.is_empty()
        && email.chars().all(plain);
    fits.then_some(email)
}

/// Address and name of a new user, or everything that is wrong with them and the password.
pub(super) fn checked(user: &CreateUser) -> Result<(String, String)> {
    let email = normal_email(&user.email).ok_or_else(|| {
        let message = "an e-mail address is for instance `ada@example.com`";
        Fault::new(Pointer::from_text("/email"), "invalid_email", message)
    });
    let name = user.name.trim().parse::<Name>().map(String::from).map_err(|fault| {
        Fault::new(Pointer::from_text("/name"), "invalid_name", fault.to_string())
    });
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
    fn addresses_are_compared_in_one_form() {
        let normal = normal_email(" Ada.Lovelace@Example.COM ").unwrap();
        assert_eq!(normal, "ada.lovelace@example.com");
        for bad in ["", "ada", "@x", "ada@", "a@b@c", "a b@c", "a\n@c", &"a".repeat(300)] {
            assert_eq!(normal_email(bad), None, "{bad:?}");
        }
    }

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
