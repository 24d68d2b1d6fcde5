//! `cargo xtask fuzz`: input from outside, made up for as long as one likes.

use std::{fs, path::Path};

use anyhow::Context as _;
use clap::Args;

use crate::{
    needs::{self, CARGO_FUZZ, Consent},
    program::Program,
    repository,
};

/// The folder of the targets' package, and in it that of the targets.
const PACKAGE: &str = "fuzz";
const TARGETS: &str = "fuzz/fuzz_targets";
/// Beginnings of inputs, one folder for each target that has some.
const SEEDS: &str = "fuzz/seeds";
/// The longest input, in bytes.
const INPUT_BYTES_MAX: u32 = 64 * 1024;
/// The longest time for one input, in seconds: more is a finding.
const SECONDS_FOR_ONE: u32 = 10;
/// The most memory, in MiB: more is a finding.
const MEMORY_MIB: u32 = 2_048;

/// Feeds made-up input to everything that parses input from outside.
#[derive(Args)]
pub(crate) struct Fuzz {
    #[command(flatten)]
    consent: Consent,
    /// Seconds for each target.
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// The targets; all if none is named.
    targets: Vec<String>,
}

impl Fuzz {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        needs::provide(&[CARGO_FUZZ], self.consent)?;
        let all = targets(&repository::root())?;
        let chosen = if self.targets.is_empty() { all.clone() } else { self.targets };
        for target in &chosen {
            anyhow::ensure!(all.contains(target), "there is no target `{target}`, but {all:?}");
            println!("{target}: {} seconds", self.seconds);
            run(target, self.seconds)?;
        }
        println!("{} targets, {} seconds each, nothing found", chosen.len(), self.seconds);
        Ok(())
    }
}

fn run(target: &str, seconds: u32) -> anyhow::Result<()> {
    let corpus = format!("{PACKAGE}/corpus/{target}");
    fs::create_dir_all(repository::root().join(&corpus))
        .with_context(|| format!("could not make {corpus}"))?;
    let seeds = format!("{SEEDS}/{target}");
    let seeds = Some(seeds).filter(|seeds| repository::root().join(seeds).is_dir());
    // The crates forbid `unsafe`, so the sanitizer of memory would watch the standard library alone.
    let options = ["fuzz", "run", "--sanitizer", "none", "--fuzz-dir", PACKAGE, target, &corpus];
    Program::cargo(options)
        .args(seeds)
        .args(["--".to_owned(), format!("-max_total_time={seconds}")])
        .args([format!("-max_len={INPUT_BYTES_MAX}"), format!("-timeout={SECONDS_FOR_ONE}")])
        .args([format!("-rss_limit_mb={MEMORY_MIB}"), "-print_final_stats=1".to_owned()])
        // The stable compiler takes the flags of coverage under this name alone.
        .env("RUSTC_BOOTSTRAP", "1")
        .run()
}

/// The names of the targets, in order.
fn targets(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(TARGETS)).context("could not list the fuzz targets")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".rs").map(str::to_owned));
    }
    names.sort_unstable();
    anyhow::ensure!(!names.is_empty(), "there is no fuzz target");
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_is_declared_and_each_declared_one_is_there() {
        let root = repository::root();
        let manifest = fs::read_to_string(root.join(PACKAGE).join("Cargo.toml")).unwrap();
        let declared =
            manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"));
        let mut declared: Vec<_> = declared.filter_map(|rest| rest.strip_suffix(".rs\"")).collect();
        declared.sort_unstable();
        assert_eq!(targets(&root).unwrap(), declared);
    }
}
