//! Secrets at the door: put in for the hosts they are meant for, taken out of what comes back.

mod inject;
mod known;
mod needles;
mod redact;
mod replace;
mod revealed;

use std::fmt;

use futures::{FutureExt as _, future::BoxFuture};
use secrecy::SecretString;

use crate::HostPattern;

pub(crate) use inject::{Injected, TextKind, find_names, inject};
pub(crate) use known::Known;
pub(crate) use redact::Redactor;
pub use revealed::{Revealed, Revelations};

/// Gives the secrets that one caller may use.
pub trait SecretSource: Send + Sync {
    /// The secret of that name, or nothing.
    fn find_secret<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretSourceError>>;
}

/// A secret and where it may go.
#[derive(Clone)]
pub struct Secret {
    /// Its value.
    pub value: SecretString,
    /// The hosts it is meant for; none means that it goes nowhere.
    pub hosts: Vec<HostPattern>,
}

/// A stored secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretSourceError {
    /// The store did not answer; it may another time.
    #[error("could not read the stored secrets")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored cannot be used, however often it is read.
    #[error("the stored secret cannot be used; write it again")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A source without secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl SecretSource for NoSecrets {
    fn find_secret<'a>(
        &'a self,
        _name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretSourceError>> {
        futures::future::ready(Ok(None)).boxed()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}
