//! Developer commands: `cargo xtask run`, `test`, `ci`, `bench`, `chaos`, `tidy`, `generate`, `setup`.
#![expect(clippy::print_stdout, reason = "a command line speaks on its standard output")]

mod bench;
mod chaos;
mod ci;
mod generate;
mod run;
mod setup;
mod test;
mod tidy;

mod needs;
mod program;
mod repository;
mod steps;

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
    /// Runs every test.
    Test(test::Test),
    /// Runs every check there is: what a change must pass.
    Ci(ci::Ci),
    /// Measures, in an optimised build.
    Bench(bench::Bench),
    /// Breaks the real server over and over, and checks that nothing is lost.
    Chaos(chaos::Chaos),
    /// Holds the tree to its own rules: layers, file shapes, decisions, invariants.
    Tidy(tidy::Tidy),
    /// Writes the generated pages, or checks that they are current.
    Generate(generate::Generate),
    /// Finds what the other commands need from this machine, and installs what is missing.
    Setup(setup::Setup),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Run(run) => run.execute(),
        Command::Test(test) => test.execute(),
        Command::Ci(ci) => ci.execute(),
        Command::Bench(bench) => bench.execute(),
        Command::Chaos(chaos) => chaos.execute(),
        Command::Tidy(tidy) => tidy.execute(),
        Command::Generate(generate) => generate.execute(),
        Command::Setup(setup) => setup.execute(),
    }
}
