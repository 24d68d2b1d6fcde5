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
        let listed = Program::cargo(["test", "--locked"]).args(TESTS).args(["--", "--list"]);
        println!("{} tests break the server", count(&listed.output()?)?);
        // Cargo's own runner: nextest would end what takes long, and hide what it prints.
        Program::cargo(["test", "--locked"])
            .args(TESTS)
            .args(["--", "--nocapture", "--test-threads", "1"])
            .env(ROUNDS_VARIABLE, &self.rounds.to_string())
            .run()
    }
}

/// How many tests Cargo listed. None is a failure: a filter that fits nothing would pass for ever.
fn count(listed: &str) -> anyhow::Result<usize> {
    let tests = listed.lines().filter(|line| line.ends_with(": test")).count();
    anyhow::ensure!(tests > 0, "there is no test with `chaos` in its name");
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_without_tests_fails() {
        let listed = "chaos::nothing_is_lost: test\nchaos::twice: test\n\n2 tests, 0 benchmarks\n";
        assert_eq!(count(listed).unwrap(), 2);
        assert!(count("0 tests, 0 benchmarks\n").is_err());
    }
}
