//! `cargo xtask setup`: what the machine needs, found or installed.

use clap::Args;

use crate::needs::{
    self, CARGO_DENY, CURL, Consent, OTLP_RECEIVER, POSTGRESQL, SCHEMATHESIS, STRACE,
};

/// Finds what the other commands need from this machine, and installs what is missing.
#[derive(Args)]
pub(crate) struct Setup {
    #[command(flatten)]
    consent: Consent,
}

impl Setup {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        let needs = [POSTGRESQL, STRACE, CURL, OTLP_RECEIVER, SCHEMATHESIS, CARGO_DENY];
        needs::provide(&needs, self.consent)?;
        println!("this machine has what the commands need");
        Ok(())
    }
}
