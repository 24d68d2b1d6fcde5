//! The bounds of the edge, which the server sets from its configuration.

use gathering_domain::Duration;

use crate::RateLimits;

/// Bounds on what one client, and all clients together, may ask of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The largest body, in bytes.
    pub body_bytes: usize,
    /// The largest body that starts a run, in bytes: its input may be a file.
    pub input_bytes: usize,
    /// The deepest nesting of JSON.
    pub json_depth: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long the head of a request may take to arrive, and that of the first one on a connection
    /// from the moment it is open.
    pub head_time: Duration,
    /// How long a connection may wait for its next request.
    pub idle_time: Duration,
    /// How long a client may take nothing of its answer.
    pub stall_time: Duration,
    /// The largest head: the headers together, in bytes.
    pub header_bytes: usize,
    /// The longest path and query, in bytes.
    pub uri_bytes: usize,
    /// Connections that are open at once; one address has a quarter of these, but for trusted proxies.
    pub connections: usize,
    /// Requests that are worked on at once, streams, health and what is open to anybody aside; one
    /// caller has half of these.
    pub requests: usize,
    /// Requests for set-up and sign-in that are worked on at once; one address has half of these.
    pub anonymous: usize,
    /// Requests that may wait for a run's end at once, half of them of one caller; the others are answered
    /// without waiting.
    pub waits: usize,
    /// Event streams that are open at once; one caller has a quarter of these.
    pub streams: usize,
    /// How often callers, addresses and accounts may ask.
    pub rates: RateLimits,
    /// How often a silent stream says that it is alive.
    pub keep_alive: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            input_bytes: 9 * 1024 * 1024,
            json_depth: 64,
            body_time: Duration::from_secs(20),
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            stall_time: Duration::from_secs(30),
            header_bytes: 32 * 1024,
            uri_bytes: 8 * 1024,
            connections: 8_192,
            requests: 1_024,
            anonymous: 128,
            waits: 512,
            streams: 1_024,
            rates: RateLimits::default(),
            keep_alive: Duration::from_secs(15),
        }
    }
}
