//! Test harness: databases, clock, ids, faults on the wire, certificates.
//!
//! It gives out directories and addresses, never an open database, so that every crate can use it in
//! its own tests, `database` included.

mod certificate;
mod clock;
mod fault_proxy;
mod ids;
mod mail_server;
pub mod model_server;
mod place;
pub mod postgres;

pub use certificate::Certificate;
pub use clock::ManualClock;
pub use fault_proxy::FaultProxy;
pub use ids::CountingIds;
pub use mail_server::{MailFate, MailSecurity, MailServer, MailTaken};
pub use place::{Place, temp_dir};
