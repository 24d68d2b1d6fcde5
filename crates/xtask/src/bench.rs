//! `cargo xtask bench`: measurements, in an optimised build.

use clap::Args;

use crate::{
    binaries::{self, Profile},
    needs::{self, Consent, POSTGRESQL},
    program::Program,
};

/// Measures, in an optimised build.
#[derive(Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    consent: Consent,
    /// What to measure, such as `W1`, and further arguments; everything if none is given.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    chosen: Vec<String>,
}

impl Bench {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        needs::provide(&[POSTGRESQL], self.consent)?;
        // The server is measured as a process of its own, so it is built too.
        let folder = binaries::build(Profile::Release, &["gathering", "gathering-bench"])?;
        Program::new(folder.join("gathering-bench")).args(&self.chosen).run()
    }
}
