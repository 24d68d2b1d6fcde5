//! PostgreSQL for tests: a shared server with a fresh database per test, and private servers to break.
//!
//! Binaries are taken from `GATHERING_TEST_POSTGRES_BIN`, else the newest of
//! `/usr/lib/postgresql/*/bin`, else `PATH`. With `GATHERING_TEST_POSTGRES=url` the shared server is
//! one that runs already.

mod binaries;
mod fresh;
mod server;
mod shared;

pub use fresh::{FreshDatabase, fresh_database};
pub use server::PrivateServer;
pub use shared::stop_shared;
