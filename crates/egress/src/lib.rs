//! The one door to the network: address checks, allow-lists, secret injection, caps.
//!
//! An [`Egress`] is the only HTTP client of the product. It takes a URL as text, refuses what is
//! not plainly a public web address unless a [`NetworkPolicy`] allows it, resolves the name itself
//! and connects to nothing but the addresses it has checked, follows redirects one by one under the
//! same rules, replaces secret markers for the hosts that a secret is meant for, bounds bytes and
//! time, and takes the values of secrets out of what comes back. Its errors say whether the request
//! was certainly not sent, so that effect kinds can be obeyed. Proxy variables of the environment
//! are ignored.
//!
//! A [`Mailer`] is the only way to a mail server. That one is named by the operator of this server and by
//! nobody else, so its address is not judged.

mod address;
mod network_policy;
mod target;

mod answer;
mod limits;
mod request;
mod response;

mod client;
mod mail;
mod resolve;
mod secrets;
mod tls;

mod error;

pub use address::{AddressClass, classify};
pub use answer::{Answer, read_answer};
pub use client::{Egress, EgressBuilder};
pub use error::{EgressError, EgressErrorKind, Sent};
pub use gathering_domain::{HostList, HostPattern, ListOwner};
pub use http::Method;
pub use limits::{InvalidLimits, Limits};
pub use mail::{InvalidMailServer, Mail, MailServer, MailTls, Mailer};
pub use network_policy::{AllowRule, InvalidRule, NetworkPolicy, Opened};
pub use request::EgressRequest;
pub use resolve::{Resolver, Resolving, SystemResolver};
pub use response::{BodyStream, EgressResponse};
pub use secrets::{NoSecrets, Revealed, Revelations, Secret, SecretSource, SecretSourceError};
pub use target::Target;
pub use tls::{InvalidCertificate, RootCertificates};
