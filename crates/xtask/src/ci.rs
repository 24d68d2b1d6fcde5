//! `cargo xtask ci`: every check that a change must pass.

use clap::Args;

use crate::{
    contract, dashboard, generate,
    needs::{self, CARGO_DENY, Consent, SCHEMATHESIS},
    program::Program,
    steps::{Ended, Steps},
    test, tidy,
};

/// Runs every check there is: what a change must pass.
#[derive(Args)]
pub(crate) struct Ci {
    #[command(flatten)]
    consent: Consent,
}

impl Ci {
    /// Quick checks first, what takes long last. All but the journeys, which try the optimised server, use one
    /// profile and one set of features, so that no dependency is built twice in the same way.
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        needs::provide(&needs::TESTS, self.consent)?;
        let mut steps = Steps::default();
        steps.check("format", || passed(Program::cargo(["fmt", "--all", "--check"]).run()));
        steps.check("tidy", || passed(tidy::check()));
        steps.check("dependencies", || {
            needs::provide(&[CARGO_DENY], self.consent)?;
            passed(Program::cargo(["deny", "check", "bans", "licenses", "sources"]).run())
        });
        steps.check("advisories", || advisories(self.consent));
        steps.check("lints", || passed(lints()));
        steps.check("documentation", || passed(documentation()));
        steps.check("dashboard", || {
            dashboard::check(self.consent)?;
            passed(dashboard::build(self.consent))
        });
        steps.check("test build", || passed(test::build()));
        steps.check("generated pages", || passed(generate::check()));
        steps.check("examples in documentation", || passed(test::examples()));
        steps.check("sabotage", || passed(test::sabotage()));
        steps.check("contract", || {
            needs::provide(&[SCHEMATHESIS], self.consent)?;
            passed(contract::short_form())
        });
        steps.check("tests", || passed(test::tests(&[])));
        steps.check("journeys", || passed(dashboard::journeys(self.consent, &[])));
        steps.conclude()
    }
}

fn passed(result: anyhow::Result<()>) -> anyhow::Result<Ended> {
    result.map(|()| Ended::Passed)
}

fn lints() -> anyhow::Result<()> {
    let clippy = || Program::cargo(["clippy", "--all-targets", "--locked"]);
    let strict = ["--", "--deny", "warnings"];
    clippy().args(["--workspace"]).args(strict).run()?;
    clippy().args(test::SABOTAGE).args(strict).run()
}

fn documentation() -> anyhow::Result<()> {
    Program::cargo(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "--deny warnings")
        .run()
}

/// Known faults of dependencies. Their list lives in a repository of its own, which not every
/// machine can reach; where it cannot be had, that is told instead of passed over.
fn advisories(consent: Consent) -> anyhow::Result<Ended> {
    needs::provide(&[CARGO_DENY], consent)?;
    if let Err(error) = Program::cargo(["deny", "fetch", "db"]).output() {
        let text = format!("{error:#}");
        let cause = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Ok(Ended::NotChecked(format!("the list could not be fetched: {}", cause.trim())));
    }
    passed(Program::cargo(["deny", "check", "advisories"]).run())
}
