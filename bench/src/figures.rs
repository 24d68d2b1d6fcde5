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

/// A row of a table.
pub(crate) trait Row: Serialize {
    /// Its cells, each with the name of its column.
    fn cells(&self) -> Vec<(&'static str, String)>;
}

/// Prints a table, and writes its rows as JSON beside the build's other outputs.
#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
pub(crate) fn report(id: &str, title: &str, rows: &[impl Row]) -> anyhow::Result<()> {
    println!("\n{}: {title}", id.to_uppercase());
    for (number, row) in rows.iter().enumerate() {
        let (names, cells): (Vec<_>, Vec<_>) = row.cells().into_iter().unzip();
        if number == 0 {
            println!("| {} |", names.join(" | "));
            println!("|{}", "---|".repeat(names.len()));
        }
        println!("| {} |", cells.join(" | "));
    }
    let folder = Path::new("target/bench");
    fs::create_dir_all(folder)?;
    fs::write(folder.join(format!("{id}.json")), serde_json::to_vec_pretty(rows)?)?;
    Ok(())
}

/// Milliseconds with two digits after the point.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1_000.0)
}

/// Mebibytes with a digit after the point.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn mib(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / (1024.0 * 1024.0))
}
