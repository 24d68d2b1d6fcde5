//! `cargo xtask chaos`: the long form of the tests that break the real server.

use clap::Args;

use crate::{
    needs::{self, Consent, POSTGRESQL},
    program::Program,
};

/// Where the tests are that break the real server, and what their names have in common. They are
/// built as for `cargo xtask test`, with the whole workspace.
const TESTS: [&str; 4] = ["--workspace", "--test", "it", "chaos"];

/// The variable that says how often each of these tests breaks the server. Unset, they run short.
const ROUNDS_VARIABLE: &str = "GATHERING_TEST_CHAOS_ROUNDS";

/// Breaks the real server over and over, and checks that nothing is lost.
#[derive(Args)]
pub(crate) struct Chaos {
    #[command(flatten)]
    consent: Consent,
    /// How often each test breaks the server.
    #[arg(long, default_value_t = 200)]
    rounds: u32,
}

impl Chaos {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        needs::provide(&[POSTGRESQL], self.consent)?;
        // Cargo's own runner: nextest would end what takes long, and hide what it prints.
        Program::cargo(["test", "--locked"])
            .args(TESTS)
            .args(["--", "--nocapture", "--test-threads", "1"])
            .env(ROUNDS_VARIABLE, &self.rounds.to_string())
            .run()
    }
}
