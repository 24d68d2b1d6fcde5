//! `cargo xtask setup`: what the machine needs, found or installed.

use clap::Args;

use crate::needs::{self, CARGO_DENY, CHROMIUM, Consent, SCHEMATHESIS, SQLITE3};

/// Finds what the other commands need from this machine, and installs what is missing.
#[derive(Args)]
pub(crate) struct Setup {
    #[command(flatten)]
    consent: Consent,
}

impl Setup {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        needs::provide(&needs::TESTS, self.consent)?;
        needs::provide(&[SCHEMATHESIS, CARGO_DENY, CHROMIUM, SQLITE3], self.consent)?;
        println!("this machine has what the commands need");
        Ok(())
    }
}
