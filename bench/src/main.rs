//! Benchmarks, each printing a table and writing a JSON file. They assert nothing about time.

mod addresses;
mod figures;
mod flood;
mod hosts;
mod http;
mod node;
mod process;
mod sign_in;
mod sizes;
mod steps;
mod takeover;
mod w1;
mod w2;
mod w3;
mod w6;
mod w7;
mod w8;
mod w9;

use clap::{Parser, ValueEnum};
use gathering_testkit::Place;

use crate::sizes::Sizes;

/// Measures W1, W2, W3, W6, W7, W8, W9, sign-in, flood, addresses and takeover.
#[derive(Debug, Parser)]
struct Options {
    /// What to measure. All of it without any.
    #[arg(ignore_case = true)]
    which: Vec<Which>,
    /// Seconds that each row of W1, and of flood, is measured for.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// On which stores. Both without any.
    #[arg(long)]
    store: Vec<Store>,
    /// How many runs at a time W1 keeps under way. 1, 16, 64 and 1,000 without any.
    #[arg(long)]
    concurrent: Vec<usize>,
    /// How many takeovers of each kind are measured.
    #[arg(long, default_value_t = 100)]
    takeovers: usize,
    /// Only takeovers from this failure. All without any.
    #[arg(long)]
    failure: Vec<takeover::Failure>,
    #[command(flatten)]
    sizes: Sizes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    W1,
    W2,
    W3,
    W6,
    W7,
    W8,
    W9,
    SignIn,
    Flood,
    Addresses,
    Takeover,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Store {
    Sqlite,
    Postgres,
}

impl Options {
    fn wants(&self, which: Which) -> bool {
        self.which.is_empty() || self.which.contains(&which)
    }

    fn stores(&self) -> impl Iterator<Item = Store> {
        let all = [Store::Sqlite, Store::Postgres].into_iter();
        all.filter(|store| self.store.is_empty() || self.store.contains(store))
    }
}

impl Store {
    /// An empty store of this kind.
    async fn place(self) -> Place {
        match self {
            Self::Sqlite => Place::sqlite(),
            Self::Postgres => Place::postgres().await,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.wants(Which::W1) {
        w1::run(&options).await?;
    }
    if options.wants(Which::W2) {
        w2::run(&options).await?;
    }
    if options.wants(Which::W3) {
        w3::run(&options).await?;
    }
    if options.wants(Which::W6) {
        w6::run(&options).await?;
    }
    if options.wants(Which::W7) {
        w7::run(&options).await?;
    }
    if options.wants(Which::W8) {
        w8::run(&options).await?;
    }
    if options.wants(Which::W9) {
        w9::run(&options).await?;
    }
    if options.wants(Which::SignIn) {
        sign_in::run(&options).await?;
    }
    if options.wants(Which::Flood) {
        flood::run(&options).await?;
    }
    if options.wants(Which::Addresses) {
        addresses::run().await?;
    }
    if options.wants(Which::Takeover) {
        takeover::run(&options).await?;
    }
    Ok(())
}
