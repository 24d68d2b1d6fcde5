//! Figures: quantiles, tables for people, JSON for machines.

use std::{fs, path::Path, time::Duration};

use serde::Serialize;

/// The value below which a share of the sorted samples lies.
pub(crate) fn quantile(sorted: &[Duration], share: f64) -> Duration {
    if sorted.is_empty() {
        return Duration::ZERO;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into samples"
    )]
    let at = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[at]
}

/// Prints a table with a line of names.
#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
pub(crate) fn table(title: &str, names: &[&str], rows: &[Vec<String>]) {
    println!("\n{title}");
    println!("| {} |", names.join(" | "));
    println!("|{}", "---|".repeat(names.len()));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
}

/// Writes the figures of a benchmark beside the build's other outputs.
pub(crate) fn save(name: &str, figures: &impl Serialize) -> anyhow::Result<()> {
    let folder = Path::new("target/bench");
    fs::create_dir_all(folder)?;
    fs::write(folder.join(format!("{name}.json")), serde_json::to_vec_pretty(figures)?)?;
    Ok(())
}
