//! Developer commands: `cargo xtask run`, `journeys`, `test`, `ci`, `bench`, `chaos`, `fuzz`, `tidy`, and more.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks there")]

mod bench;
mod chaos;
mod ci;
mod contract;
mod dashboard;
mod fuzz;
mod generate;
mod run;
mod setup;
mod test;
mod tidy;

mod binaries;
mod needs;
mod program;
mod repository;
mod server;
mod steps;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Developer commands of Gathering.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the server, shows it at work on an example, and goes on serving.
    Run(run::Run),
    /// Builds the pages of the dashboard; the next build of the server takes them in.
    Dashboard(dashboard::Dashboard),
    /// Tries people's journeys through the dashboard: the optimised server, a real browser.
    Journeys(dashboard::Journeys),
    /// Writes pictures of every page of the dashboard, light, dark and as wide as a phone.
    Screenshots(dashboard::Screenshots),
    /// Runs every test.
    Test(test::Test),
    /// Runs every check there is: what a change must pass.
    Ci(ci::Ci),
    /// Measures, in an optimised build.
    Bench(bench::Bench),
    /// Breaks the real server over and over, and checks that nothing is lost.
    Chaos(chaos::Chaos),
    /// Holds the real server to its OpenAPI document with requests that are made up from it.
    Contract(contract::Contract),
    /// Feeds made-up input to everything that parses input from outside.
    Fuzz(fuzz::Fuzz),
    /// Holds the tree to its own rules: layers, file shapes, decisions, invariants.
    Tidy(tidy::Tidy),
    /// Writes the generated pages, or checks that they are current.
    Generate(generate::Generate),
    /// Finds what the other commands need from this machine, and installs what is missing.
    Setup(setup::Setup),
}

fn main() -> ExitCode {
    match Arguments::parse().command.execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Command {
    fn execute(self) -> anyhow::Result<()> {
        match self {
            Self::Run(run) => run.execute(),
            Self::Dashboard(dashboard) => dashboard.execute(),
            Self::Journeys(journeys) => journeys.execute(),
            Self::Screenshots(screenshots) => screenshots.execute(),
            Self::Test(test) => test.execute(),
            Self::Ci(ci) => ci.execute(),
            Self::Bench(bench) => bench.execute(),
            Self::Chaos(chaos) => chaos.execute(),
            Self::Contract(contract) => contract.execute(),
            Self::Fuzz(fuzz) => fuzz.execute(),
            Self::Tidy(tidy) => tidy.execute(),
            Self::Generate(generate) => generate.execute(),
            Self::Setup(setup) => setup.execute(),
        }
    }
}
