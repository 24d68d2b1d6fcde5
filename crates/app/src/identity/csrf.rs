//! The token by which a request with a cookie shows that a page of ours made it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Sets these hashes apart from those by which sessions are found.
const DOMAIN: &[u8] = b"gathering csrf token 1\0";

/// The token that belongs to a session. It tells nothing of the token of that.
#[derive(Clone, PartialEq, Eq)]
pub struct CsrfToken(String);

impl CsrfToken {
    /// The one of the session of this token.
    pub fn of(session_token: &str) -> Self {
        let hash = Sha256::new().chain_update(DOMAIN).chain_update(session_token).finalize();
        Self(URL_SAFE_NO_PAD.encode(hash))
    }

    /// Whether it is what was shown, compared in a time that tells nothing of where they differ.
    pub fn fits(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// As it is told to its holder.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CsrfToken {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::token::{TokenKind, hash_token};

    #[test]
    fn each_session_has_its_own_and_no_other_fits() {
        let own = CsrfToken::of("gts_one");
        assert_eq!(own.as_str().len(), 43);
        assert!(own.fits(own.as_str()));
        let longer = format!("{}A", own.as_str());
        let other = CsrfToken::of("gts_two");
        for shown in [other.as_str(), "", &own.as_str()[..42], &longer, "gts_one"] {
            assert!(!own.fits(shown), "{shown}");
        }
        assert!(!format!("{own:?}").contains(own.as_str()));
    }

    #[test]
    fn what_is_stored_of_a_session_does_not_give_it_away() {
        let stored = hash_token(TokenKind::Session, "gts_one").unwrap();
        assert!(!CsrfToken::of("gts_one").fits(&URL_SAFE_NO_PAD.encode(stored.bytes())));
    }
}
