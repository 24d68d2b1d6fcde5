//! What stands before the server, and what it lets through.

mod cors;
mod headers;
mod hosts;
mod http2;
mod proxies;
mod shares;
mod slow;
mod stopping;
mod tls;
