//! Opaque bearer tokens: 256 random bits, of which only the SHA-256 is stored.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Randomness;

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;
/// The longest text that is looked at, in bytes.
const MAX_TOKEN_TEXT: usize = 64;

/// What a token is for; its first letters, so that a leaked one is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A session.
    Session,
    /// An API key.
    Key,
    /// The set-up of the first owner.
    SetUp,
    /// An invitation.
    Invitation,
    /// A new password in place of a forgotten one.
    PasswordLink,
    /// The address of a hook.
    Hook,
}

/// The SHA-256 of a token: what is stored and looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenKind {
    /// All of them.
    #[cfg(fuzzing)]
    pub(crate) const ALL: [Self; 6] =
        [Self::Session, Self::Key, Self::SetUp, Self::Invitation, Self::PasswordLink, Self::Hook];

    /// The first letters of a token of the kind.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "gts_",
            Self::Key => "gtk_",
            Self::SetUp => "gtu_",
            Self::Invitation => "gti_",
            Self::PasswordLink => "gtp_",
            Self::Hook => "gth_",
        }
    }
}

/// Makes a token and what is stored of it.
pub(crate) fn new_token(kind: TokenKind, randomness: &dyn Randomness) -> (SecretString, TokenHash) {
    let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
    randomness.fill(bytes.as_mut());
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref()));
    let token = SecretString::from(format!("{}{}", kind.prefix(), text.as_str()));
    let hash = TokenHash::of(token.expose_secret());
    (token, hash)
}

/// What is stored of the token that `text` may be; none for text that is no token of the kind.
pub(crate) fn hash_token(kind: TokenKind, text: &str) -> Option<TokenHash> {
    let plausible =
        text.len() <= MAX_TOKEN_TEXT && text.is_ascii() && text.starts_with(kind.prefix());
    plausible.then(|| TokenHash::of(text))
}

/// The same for any text, with the same work: of text that is no token of the kind, a hash that none has.
pub(crate) fn token_hash_of(kind: TokenKind, text: &str) -> TokenHash {
    hash_token(kind, text).unwrap_or_else(|| TokenHash::of(kind.prefix()))
}

/// Whether the text has the form of a session's token or of an API key, as far as that can be told without
/// the store.
pub fn is_token(text: &str) -> bool {
    let mut kinds = [TokenKind::Session, TokenKind::Key].into_iter();
    let rest = kinds.find_map(|kind| text.strip_prefix(kind.prefix()));
    rest.is_some_and(|rest| {
        URL_SAFE_NO_PAD.decode(rest).is_ok_and(|bytes| bytes.len() == TOKEN_BYTES)
    })
}

impl TokenHash {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The bytes, as the database keeps them.
    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares with stored bytes in a time that tells nothing of where they differ.
    pub(crate) fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (n, byte) in (0..).zip(bytes) {
                *byte = n;
            }
        }
    }

    #[test]
    fn a_token_is_found_by_its_hash_and_by_nothing_else() {
        let (token, hash) = new_token(TokenKind::Session, &Counting);
        let text = token.expose_secret();
        assert_eq!(text, "gts_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        assert_eq!(hash_token(TokenKind::Session, text), Some(hash));
        assert_eq!(hash_token(TokenKind::SetUp, text), None);
        assert!(hash.matches(hash.bytes()));
        assert!(!hash.matches(&hash.bytes()[1..]));
        let other = hash_token(TokenKind::Session, &format!("{text}x")).unwrap();
        assert!(!hash.matches(other.bytes()));
        assert_eq!(hash_token(TokenKind::Session, &format!("gts_{}", "a".repeat(100))), None);
    }

    #[test]
    fn only_what_could_have_been_issued_has_the_form_of_a_token() {
        for kind in [TokenKind::Session, TokenKind::Key] {
            assert!(is_token(new_token(kind, &Counting).0.expose_secret()));
        }
        let (link, _) = new_token(TokenKind::SetUp, &Counting);
        let good = "gts_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        for text in [
            link.expose_secret(),
            "",
            "gts_",
            "gts_AAEC",
            &good[4..],
            &good[..46],
            &format!("{good}A"),
            &format!("{good}="),
            &good.replace('A', "+"),
            &good.replace("gts_", "GTS_"),
        ] {
            assert!(!is_token(text), "{text}");
        }
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let (token, _) = new_token(TokenKind::SetUp, &Counting);
        assert!(!format!("{token:?}").contains("AAEC"));
    }
}
