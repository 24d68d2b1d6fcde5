//! Tests of the egress client against real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod addresses;
mod caps;
mod hostile;
mod mail;
mod outcomes;
mod redirects;
mod secrets;
mod server;
