//! Pipelines as their callers see them.
#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    clippy::format_collect,
    reason = "helpers of tests fail as tests do, and are read more often than run"
)]

mod definition;
mod validation;
mod yaml_bounds;

mod machine;
mod random_runs;
mod world;
