//! Passwords: what is admitted, and Argon2id on a bounded pool.

use std::{
    collections::HashSet,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use gathering_domain::{Duration, Fault, PASSWORD_CHARS, Pointer};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::{Error, Randomness, Result};

/// The shortest password, in characters.
pub const MIN_PASSWORD_CHARS: usize = *PASSWORD_CHARS.start();
/// The longest password, in characters.
pub const MAX_PASSWORD_CHARS: usize = *PASSWORD_CHARS.end();

/// The first choice of the OWASP password storage cheat sheet: Argon2id, 46 MiB, one pass, one lane.
const MEMORY_KIB: u32 = 47_104;
const PASSES: u32 = 1;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// How many passwords are worked on at once: each takes [`MEMORY_KIB`] and a core.
const AT_ONCE: usize = 2;
/// How many wait at most; more are told to come back.
const WAITING: usize = 64;
/// When those are told to come back.
const COME_BACK: Duration = Duration::from_secs(2);

static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../../data/common_passwords.txt").lines().collect());

/// Hashes and checks passwords, a few at a time and away from the threads that serve others.
#[derive(Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    queue: Arc<AtomicUsize>,
    /// Stands in for the hash of an account that does not exist, so that it costs the same work.
    nobody: Arc<str>,
}

/// What is wrong with a new password, if anything.
pub(crate) fn password_fault(password: &SecretString) -> Option<Fault> {
    let text = password.expose_secret();
    let chars = text.chars().count();
    let (code, message) = if chars < MIN_PASSWORD_CHARS {
        ("too_short", format!("a password has at least {MIN_PASSWORD_CHARS} characters"))
    } else if chars > MAX_PASSWORD_CHARS {
        ("too_long", format!("a password has at most {MAX_PASSWORD_CHARS} characters"))
    } else if is_common(text) {
        ("too_common", "this password is among those that are tried first".to_owned())
    } else {
        return None;
    };
    Some(Fault::new(Pointer::from_text("/password"), code, message))
}

/// Listed, or one short piece again and again.
fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let repeats = |piece: usize| {
        lower.is_char_boundary(piece) && lower.replace(&lower[..piece], "").is_empty()
    };
    COMMON.contains(lower.as_str()) || (1..=4).any(repeats)
}

impl Passwords {
    /// Prepares the pool.
    pub(crate) fn new(randomness: &dyn Randomness) -> Result<Self> {
        let mut unknown = [0; 32];
        randomness.fill(&mut unknown);
        let nobody = hash(&unknown, randomness)?;
        Ok(Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Arc::new(AtomicUsize::new(0)),
            nobody: nobody.into(),
        })
    }

    /// The hash of a new password, as a PHC string.
    pub(crate) async fn hash(
        &self,
        password: &SecretString,
        randomness: Arc<dyn Randomness>,
    ) -> Result<String> {
        let password = password.clone();
        self.work(move || hash(password.expose_secret().as_bytes(), &*randomness)).await?
    }

    /// Whether the password is the one of `stored`. Without a stored hash the answer is no, after
    /// the same work.
    pub(crate) async fn check(
        &self,
        password: &SecretString,
        stored: Option<&str>,
    ) -> Result<bool> {
        let known = stored.is_some();
        let stored: Arc<str> = stored.map_or_else(|| Arc::clone(&self.nobody), Arc::from);
        let password = password.clone();
        let fits = self.work(move || {
            let mut text = password.expose_secret();
            // A longer one was never admitted; hashing all of it would be work for free.
            if text.len() > MAX_PASSWORD_CHARS * 4 {
                text = "";
            }
            hasher()?.verify_password(text.as_bytes(), &*stored).map(|()| true).or_else(|fault| {
                match fault {
                    argon2::password_hash::Error::PasswordInvalid => Ok(false),
                    fault => Err(Error::internal("check a password against its hash", fault)),
                }
            })
        });
        Ok(fits.await?? && known)
    }

    /// How many are worked on, or wait for it.
    pub(crate) fn queued(&self) -> usize {
        self.queue.load(Ordering::Relaxed)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _queued = Queued::enter(&self.queue)?;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|fault| Error::internal("wait for the password pool", fault))?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = job();
            drop(place);
            answer
        });
        done.await.map_err(|fault| Error::internal("work on a password", fault))
    }
}

/// A place in the queue; left when it is dropped, also by a caller that went away.
struct Queued(Arc<AtomicUsize>);

impl Queued {
    fn enter(queue: &Arc<AtomicUsize>) -> Result<Self> {
        if queue.fetch_add(1, Ordering::Relaxed) >= AT_ONCE + WAITING {
            queue.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Busy { what: "sign-in", retry_after: COME_BACK });
        }
        Ok(Self(Arc::clone(queue)))
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES))
        .map_err(|fault| Error::internal("set up Argon2id", fault))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8], randomness: &dyn Randomness) -> Result<String> {
    let mut salt = [0; SALT_BYTES];
    randomness.fill(&mut salt);
    let hash = hasher()?.hash_password_with_salt(password, &salt);
    hash.map(|hash| hash.to_string()).map_err(|fault| Error::internal("hash a password", fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Randomness for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[test]
    fn weak_passwords_are_refused_by_name() {
        let code = |text: &str| password_fault(&secret(text)).map(|fault| fault.code);
        assert_eq!(code("short").as_deref(), Some("too_short"));
        assert_eq!(code("eleven char").as_deref(), Some("too_short"));
        assert_eq!(code(&"long".repeat(65)).as_deref(), Some("too_long"));
        for common in
            ["Password1234", "123456789012", "aaaaaaaaaaaa", "abcabcabcabc", "ÄÄÄÄÄÄÄÄÄÄÄÄ"]
        {
            assert_eq!(code(common).as_deref(), Some("too_common"), "{common}");
        }
        for fine in ["correct horse battery", "äöüßäöüßäöüx", "twelve chars"] {
            assert_eq!(code(fine), None, "{fine}");
        }
    }

    #[test]
    fn the_list_holds_what_the_rule_would_admit() {
        assert!(COMMON.len() >= 100);
        for common in COMMON.iter() {
            assert!(common.chars().count() >= MIN_PASSWORD_CHARS, "{common} is refused anyway");
            assert_eq!(**common, common.to_lowercase(), "{common} is compared in lower case");
        }
    }

    #[tokio::test]
    async fn only_the_right_password_of_an_account_that_exists_fits() {
        let passwords = Passwords::new(&Fixed).unwrap();
        let right = secret("correct horse battery");
        let hash = passwords.hash(&right, Arc::new(Fixed)).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{hash}");
        assert!(passwords.check(&right, Some(&hash)).await.unwrap());
        assert!(!passwords.check(&secret("wrong horse battery"), Some(&hash)).await.unwrap());
        assert!(!passwords.check(&secret(&"x".repeat(5_000)), Some(&hash)).await.unwrap());
        assert!(!passwords.check(&right, None).await.unwrap());
    }

    #[test]
    fn an_unknown_account_costs_what_a_known_one_costs() {
        let nobody = Passwords::new(&Fixed).unwrap().nobody;
        let somebody = hash(b"correct horse battery", &Fixed).unwrap();
        let work = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(work(&nobody), work(&somebody));
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back() {
        let passwords = Passwords::new(&Fixed).unwrap();
        let crowd: Vec<_> =
            (0..AT_ONCE + WAITING).map(|_| Queued::enter(&passwords.queue).unwrap()).collect();
        let refused = passwords.check(&secret("one too many here"), None).await.unwrap_err();
        assert_eq!(refused.code(), "busy");
        drop(crowd);
        assert!(!passwords.check(&secret("now there is room"), None).await.unwrap());
    }
}
