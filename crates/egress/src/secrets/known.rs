//! The secrets that one request has used so far, over all its redirects.

use secrecy::ExposeSecret as _;

use super::{Redactor, Revealed, Secret};
use crate::target::Target;

/// The secrets that one request has used so far: what a server sends back may hold any of them,
/// however many redirects later.
pub(crate) struct Known {
    revealed: Revealed,
    /// Names and values, in the order of their use.
    secrets: Vec<(String, Secret)>,
}

impl Known {
    /// Nothing was used yet. What will be, everybody who shares `revealed` knows.
    pub(crate) fn new(revealed: &Revealed) -> Self {
        Self { revealed: revealed.clone(), secrets: Vec::new() }
    }

    /// Remembers a secret.
    pub(crate) fn add(&mut self, name: &str, secret: &Secret) {
        self.revealed.remember(name, &secret.value);
        let value = secret.value.expose_secret();
        let same = |(_, other): &(String, Secret)| other.value.expose_secret() == value;
        if !value.is_empty() && !self.secrets.iter().any(same) {
            self.secrets.push((name.to_owned(), secret.clone()));
        }
    }

    /// A target as it may be shown.
    pub(crate) fn show(&self, target: &Target) -> String {
        let shown = self.redactor().whole(target.to_string().as_bytes());
        let shown = String::from_utf8_lossy(&shown).into_owned();
        // A server may have written a value in a way of its own.
        if self.held_by(&shown).next().is_some() { HIDDEN.to_owned() } else { shown }
    }

    /// Whether `location`, which a server wrote and which leads from `from` to `to`, would carry a
    /// secret to where it may not go.
    pub(crate) fn leaks(&self, location: &str, from: &Target, to: &Target) -> bool {
        let (host, port) = (to.host(), to.port());
        let fits = |secret: &Secret| secret.hosts.iter().any(|p| p.matches(host, port));
        let is_safe = to.is_https() || to.same_origin(from);
        let mut held = self.held_by(location);
        held.any(|secret| !(is_safe && fits(secret)))
    }

    /// What takes their values out of a body, and all that other requests of the project have used.
    pub(crate) fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::of(self.revealed.needles());
        for (name, secret) in &self.secrets {
            redactor.add(name, &secret.value);
        }
        redactor
    }

    fn held_by<'a>(&'a self, text: &str) -> impl Iterator<Item = &'a Secret> {
        let decoded = decode(text);
        self.secrets.iter().map(|(_, secret)| secret).filter(move |secret| {
            let value = secret.value.expose_secret().as_bytes();
            decoded.windows(value.len()).any(|part| part == value)
        })
    }
}

/// What is shown of a target that holds a secret in an unusual notation.
const HIDDEN: &str = "a URL that holds a secret";

/// The text without percent-encoding.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(value) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            decoded.push(value);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    decoded
}
