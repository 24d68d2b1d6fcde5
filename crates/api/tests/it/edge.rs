//! What stands before the server, and what it lets through.

mod proxies;
mod stopping;
