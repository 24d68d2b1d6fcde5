//! E-mail addresses: the one form in which they are stored and compared.

/// The longest address that mail servers take, in bytes.
const MAX_BYTES: usize = 254;

/// The address as it is stored and compared; none if it cannot be one.
pub fn normal_email(text: &str) -> Option<String> {
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
}
