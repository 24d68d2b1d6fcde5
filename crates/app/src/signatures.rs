//! Signatures of webhooks: Standard Webhooks 1.0, GitHub's, and HMAC-SHA256 in a header.
//!
//! Pure: what is signed, keys and the time come in. Signatures are of the bytes that travel, and are compared
//! in constant time.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gathering_domain::{Duration, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// The header of a message's id, of Standard Webhooks.
pub const ID_HEADER: &str = "webhook-id";
/// The header of the instant at which a message was sent, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header of a message's signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// How far the time of a message may be from ours, before and after.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// What a secret of Standard Webhooks begins with.
pub const SECRET_PREFIX: &str = "whsec_";

/// The header of GitHub's signature.
pub const GITHUB_HEADER: &str = "x-hub-signature-256";
/// What GitHub's signature begins with.
pub const GITHUB_PREFIX: &str = "sha256=";

/// The scheme of a signature, before its comma.
const SCHEME: &str = "v1";
/// The least and the most bytes of a secret, as the specification has them.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// The most signatures of one message that are compared.
const MOST_SIGNATURES: usize = 10;

type HmacSha256 = Hmac<Sha256>;

/// A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<Vec<u8>>);

/// A message that came, as far as its signature is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// What [`ID_HEADER`] says.
    pub id: Option<&'a str>,
    /// What [`TIMESTAMP_HEADER`] says.
    pub timestamp: Option<&'a str>,
    /// What [`SIGNATURE_HEADER`] says.
    pub signature: Option<&'a str>,
    /// The body, byte by byte.
    pub body: &'a [u8],
}

/// Text that is no secret of Standard Webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `whsec_` and 24 to 64 bytes in base64")]
pub struct InvalidKey;

/// Why a message is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header that the scheme needs is absent.
    #[error("the header `{0}` is missing")]
    Missing(String),
    /// The time is no number of seconds.
    #[error("the header `webhook-timestamp` is no number of seconds")]
    Timestamp,
    /// The message is from another time.
    #[error("the message is more than {TOLERANCE} old, or from the future")]
    OtherTime,
    /// None of its signatures is right.
    #[error("no signature fits the body and the secret")]
    Wrong,
}

impl SigningKey {
    /// Reads a secret; without its prefix as well, as some senders show it.
    pub fn parse(text: &SecretString) -> Result<Self, InvalidKey> {
        let text = text.expose_secret();
        let encoded = text.strip_prefix(SECRET_PREFIX).unwrap_or(text);
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| InvalidKey)?);
        if KEY_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidKey) }
    }

    /// Of bytes that nobody can guess.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// As it is shown to whoever is to check signatures.
    pub fn to_text(&self) -> SecretString {
        let encoded = Zeroizing::new(STANDARD.encode(&*self.0));
        format!("{SECRET_PREFIX}{}", encoded.as_str()).into()
    }

    fn mac(&self, id: &str, seconds: i64, body: &[u8]) -> HmacSha256 {
        hmac(&self.0, &[id.as_bytes(), b".", seconds.to_string().as_bytes(), b".", body])
    }
}

/// What [`SIGNATURE_HEADER`] says of a message that is signed by each of these keys: while a secret is
/// exchanged for another, whoever checks may know either.
pub fn sign(keys: &[SigningKey], id: &str, at: Timestamp, body: &[u8]) -> String {
    let sign = |key: &SigningKey| {
        let mac = key.mac(id, seconds(at), body).finalize().into_bytes();
        format!("{SCHEME},{}", STANDARD.encode(mac))
    };
    keys.iter().map(sign).collect::<Vec<_>>().join(" ")
}

/// What [`TIMESTAMP_HEADER`] says of an instant.
pub fn timestamp(at: Timestamp) -> String {
    seconds(at).to_string()
}

/// Believes a message that one of the keys has signed within [`TOLERANCE`] of now.
pub fn verify(
    keys: &[SigningKey],
    message: &Signed<'_>,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let id = message.id.ok_or_else(|| missing(ID_HEADER))?;
    let at = message.timestamp.ok_or_else(|| missing(TIMESTAMP_HEADER))?;
    let signatures = message.signature.ok_or_else(|| missing(SIGNATURE_HEADER))?;
    let at: i64 = at.trim().parse().map_err(|_| SignatureError::Timestamp)?;
    let tolerance = TOLERANCE.std().as_secs();
    if at.abs_diff(seconds(now)) > tolerance {
        return Err(SignatureError::OtherTime);
    }
    let macs: Vec<_> = keys.iter().map(|key| key.mac(id, at, message.body)).collect();
    let given = signatures.split(' ').filter_map(|one| one.split_once(','));
    let given = given.filter(|(scheme, _)| *scheme == SCHEME).take(MOST_SIGNATURES);
    for (_, encoded) in given {
        let Ok(bytes) = STANDARD.decode(encoded) else { continue };
        if macs.iter().any(|mac| mac.clone().verify_slice(&bytes).is_ok()) {
            return Ok(());
        }
    }
    Err(SignatureError::Wrong)
}

/// Believes a body whose HMAC-SHA256, in hexadecimal digits or in base64 behind a prefix, a header has.
pub fn verify_hmac(
    secret: &SecretString,
    (header, prefix): (&str, &str),
    given: Option<&str>,
    body: &[u8],
) -> Result<(), SignatureError> {
    let given = given.ok_or_else(|| missing(header))?;
    let given = given.trim().strip_prefix(prefix).ok_or(SignatureError::Wrong)?;
    let mac = hmac(secret.expose_secret().as_bytes(), &[body]).finalize().into_bytes();
    let decoded = hex::decode(given).or_else(|_| STANDARD.decode(given));
    let fits = decoded.is_ok_and(|given| bool::from(given.as_slice().ct_eq(mac.as_slice())));
    if fits { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn missing(header: &str) -> SignatureError {
    SignatureError::Missing(header.to_owned())
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> HmacSha256 {
    let mut mac = HmacSha256::new_from_slice(key).expect("a key of HMAC has any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

const fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification and of its libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn key(text: &str) -> SigningKey {
        SigningKey::parse(&text.to_owned().into()).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn message(signature: &str) -> Signed<'_> {
        Signed {
            id: Some(ID),
            timestamp: Some("1614265330"),
            signature: Some(signature),
            body: BODY,
        }
    }

    #[test]
    fn the_example_of_the_specification_is_signed_and_believed() {
        assert_eq!(sign(&[key(SECRET)], ID, at(AT), BODY), SIGNATURE);
        assert_eq!(timestamp(at(AT)), "1614265330");
        assert_eq!(verify(&[key(SECRET)], &message(SIGNATURE), at(AT)), Ok(()));
        assert_eq!(key(SECRET).to_text().expose_secret(), SECRET);
    }

    #[test]
    fn any_of_several_signatures_and_keys_will_do() {
        let (old, new) = (SigningKey::from_bytes([1; 32]), SigningKey::from_bytes([2; 32]));
        let both = sign(&[old.clone(), new.clone()], ID, at(AT), BODY);
        for keys in [vec![old.clone()], vec![new.clone()], vec![key(SECRET), new]] {
            assert_eq!(verify(&keys, &message(&both), at(AT)), Ok(()));
        }
        let mixed = format!("v1a,x v2,{} {SIGNATURE}", &SIGNATURE[3..]);
        assert_eq!(verify(&[key(SECRET)], &message(&mixed), at(AT)), Ok(()));
        assert_eq!(verify(&[old], &message(SIGNATURE), at(AT)), Err(SignatureError::Wrong));
    }

    #[test]
    fn what_was_changed_or_sent_at_another_time_is_not_believed() {
        let good = message(SIGNATURE);
        let minutes = |n: i64| at(AT + n * 60);
        let other = |message: Signed<'_>, now| verify(&[key(SECRET)], &message, now);
        assert_eq!(other(good, minutes(5)), Ok(()));
        assert_eq!(other(good, minutes(-5)), Ok(()));
        for (message, now, wanted) in [
            (good, minutes(6), SignatureError::OtherTime),
            (good, minutes(-6), SignatureError::OtherTime),
            (Signed { body: b"{}", ..good }, at(AT), SignatureError::Wrong),
            (Signed { id: Some("msg_2"), ..good }, at(AT), SignatureError::Wrong),
            (Signed { timestamp: Some("1614265331"), ..good }, at(AT), SignatureError::Wrong),
            (Signed { timestamp: Some("soon"), ..good }, at(AT), SignatureError::Timestamp),
            (Signed { signature: Some("v1,!"), ..good }, at(AT), SignatureError::Wrong),
            (Signed { signature: Some(""), ..good }, at(AT), SignatureError::Wrong),
            (Signed { id: None, ..good }, at(AT), missing(ID_HEADER)),
            (Signed { timestamp: None, ..good }, at(AT), missing(TIMESTAMP_HEADER)),
            (Signed { signature: None, ..good }, at(AT), missing(SIGNATURE_HEADER)),
        ] {
            assert_eq!(other(message, now), Err(wanted));
        }
        let many = format!("{} {SIGNATURE}", ["v1,AAAA"; MOST_SIGNATURES].join(" "));
        assert_eq!(other(message(&many), at(AT)), Err(SignatureError::Wrong));
    }

    #[test]
    fn secrets_are_long_enough() {
        let read = |text: &str| SigningKey::parse(&text.to_owned().into()).is_ok();
        assert!(read(SECRET) && read(&SECRET[6..]));
        for text in ["", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", &STANDARD.encode([0; 65])] {
            assert!(!read(text), "{text}");
        }
    }

    #[test]
    fn the_example_of_github_is_believed() {
        let secret = "It's a Secret to Everybody".to_owned().into();
        let body = b"Hello, World!";
        let good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let check = |given: Option<&str>, body: &[u8]| {
            verify_hmac(&secret, (GITHUB_HEADER, GITHUB_PREFIX), given, body)
        };
        assert_eq!(check(Some(good), body), Ok(()));
        assert_eq!(check(None, body), Err(missing(GITHUB_HEADER)));
        for wrong in ["", "sha256=", &good[7..], &good.replace('7', "8"), "sha1=00"] {
            assert_eq!(check(Some(wrong), body), Err(SignatureError::Wrong), "{wrong}");
        }
        assert_eq!(check(Some(good), b"Hello, World"), Err(SignatureError::Wrong));
    }

    #[test]
    fn a_plain_hmac_is_in_hexadecimal_digits_or_in_base64() {
        let secret = "key".to_owned().into();
        let body = b"The quick brown fox jumps over the lazy dog";
        let digits = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        let encoded = STANDARD.encode(hex::decode(digits).unwrap());
        for given in [digits, &digits.to_uppercase(), &encoded] {
            assert_eq!(verify_hmac(&secret, ("x-signature", ""), Some(given), body), Ok(()));
        }
    }
}
