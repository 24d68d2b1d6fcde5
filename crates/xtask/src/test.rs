//! `cargo xtask test`: every test, with one build.

use clap::Args;

use crate::{
    needs::{self, Consent},
    program::{self, Program},
};

/// Runs every test.
#[derive(Args)]
pub(crate) struct Test {
    #[command(flatten)]
    consent: Consent,
    /// Arguments for the test runner, such as the part of a test's name. Leaves out the examples
    /// in documentation.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    chosen: Vec<String>,
}

impl Test {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        needs::provide(&needs::TESTS, self.consent)?;
        if self.chosen.is_empty() {
            build()?;
            // All run whatever becomes of the others; the runner's own summary comes last.
            let others = [examples(), sabotage()];
            return others.into_iter().fold(tests(&[]), anyhow::Result::and);
        }
        tests(&self.chosen)
    }
}

/// The runner that shows each test by itself, when it is installed; else Cargo's own.
fn runner() -> &'static [&'static str] {
    if program::find("cargo-nextest").is_some() {
        &["nextest", "run"]
    } else {
        &["test", "--lib", "--bins", "--tests"]
    }
}

/// The crates that can break their promises on purpose, with the feature that lets them.
pub(crate) const SABOTAGE: [&str; 6] = [
    "--package",
    "gathering-database",
    "--package",
    "gathering-storage",
    "--features",
    "gathering-storage/sabotage",
];

/// Builds all tests, so that a fault of the build is told apart from one of a test.
pub(crate) fn build() -> anyhow::Result<()> {
    Program::new("cargo").args(runner()).args(["--workspace", "--locked", "--no-run"]).run()
}

/// Runs the examples in documentation.
pub(crate) fn examples() -> anyhow::Result<()> {
    Program::cargo(["test", "--doc", "--workspace", "--locked", "--quiet"]).run()
}

/// Runs the tests, or the chosen ones.
pub(crate) fn tests(chosen: &[String]) -> anyhow::Result<()> {
    let program = Program::new("cargo").args(runner()).args(["--workspace", "--locked"]);
    let everything = if chosen.is_empty() { &["--no-fail-fast"][..] } else { &[] };
    program.args(everything).args(chosen).run()
}

/// Runs the tests that see broken promises: that what breaks one is noticed. The feature that breaks
/// them is in no other build.
pub(crate) fn sabotage() -> anyhow::Result<()> {
    Program::new("cargo").args(runner()).args(["--locked"]).args(SABOTAGE).args(["sabotage"]).run()
}
