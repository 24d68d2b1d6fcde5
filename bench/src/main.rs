//! Benchmarks, each printing a table and writing a JSON file. They assert nothing about time.

mod figures;
mod http;
mod node;
mod process;
mod steps;
mod w1;
mod w2;
mod w9;

use clap::Parser;

/// Measures W1, W2, W3 and W9.
#[derive(Debug, Parser)]
struct Options {
    /// Which to run: w1, w2, w3, w9. All of them without any.
    which: Vec<String>,
    /// Seconds that each row of a table is measured for.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Which stores: sqlite, postgres. Both without any.
    #[arg(long)]
    store: Vec<String>,
}

impl Options {
    fn wants(&self, which: &str) -> bool {
        self.which.is_empty() || self.which.iter().any(|wanted| wanted == which)
    }

    fn uses(&self, store: &str) -> bool {
        self.store.is_empty() || self.store.iter().any(|wanted| wanted == store)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.wants("w1") {
        w1::run(&options).await?;
    }
    if options.wants("w2") {
        w2::run(&options).await?;
    }
    if options.wants("w9") {
        w9::run(&options).await?;
    }
    Ok(())
}
