//! How large the stores and the crowds are of which the figures tell.

use clap::Args;

/// How large what is measured is. Smaller sizes are for trying a benchmark out.
#[derive(Debug, Args)]
pub(crate) struct Sizes {
    /// Waiting runs in the store of W7.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) runs: usize,
    /// Schedules in the store of W7.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) schedules: usize,
    /// Schedules of W7, and as many of its waiting runs, whose time comes while it looks.
    #[arg(long, default_value_t = 600)]
    pub(crate) due: usize,
    /// Seconds for which W7 leaves the server alone.
    #[arg(long, default_value_t = 30)]
    pub(crate) idle: u64,
    /// Subscribers of W6.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) subscribers: usize,
    /// Runs that W6 starts each second while it measures how late events are.
    #[arg(long, default_value_t = 5)]
    pub(crate) pace: u32,
    /// Runs that W6 starts at once.
    #[arg(long, default_value_t = 200)]
    pub(crate) burst: usize,
    /// Turns of the conversation of W8, in hundreds: the first hundred is compared with the last.
    #[arg(long, default_value_t = 5)]
    pub(crate) hundreds: usize,
    /// Turns that W8 takes for a hundred.
    #[arg(long, default_value_t = 100)]
    pub(crate) hundred: usize,
}
