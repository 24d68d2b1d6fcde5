//! The HTTP edge: REST and event streams.
//!
//! The only crate that knows HTTP requests. A handler parses, calls one use case of
//! [`gathering_app`], and answers a view; it holds no rule, and decides no status of a failure:
//! [`Problem`] is the only map from refusals to statuses, and every failure, those of routing,
//! parsing and panics included, has its one shape.
//!
//! A request passes, from outside in: whose it is (`client`), its id and span and the headers of every answer (`answer`),
//! the catching of panics, the limits on concurrency and on headers (`limits`), routing, and the
//! guard, which asks the table of routes (`routes`) who may come in, and how often (`rates`). What
//! is not in the table is not served.
//!
//! [`openapi`] describes all of it without a store, from the same annotations that route.

mod options;
mod router;
mod serve;
mod site;
mod state;
mod tls;

mod answer;
mod browser;
mod client;
mod cookie;
mod cors;
mod credentials;
mod guard;
mod host;
mod limits;
mod network;
mod observer;
mod pace;
mod panics;
mod places;
mod refusals;
mod request_id;
mod security_headers;
mod upgrade;

mod access;
mod rates;
mod routes;

mod openapi;
mod problem;

mod decode;
mod extract;
mod json_depth;
mod merge_patch;
mod object;
mod versioned;
mod views;

mod docs;
mod health;
mod home;
mod metrics;
mod pages;

mod api_keys;
mod auth;
mod invitations;
mod projects;
mod users;

mod channels;
mod providers;
mod schedules;
mod secrets;

mod agents;
mod definition_body;
mod node_types;
mod pipelines;

mod approvals;
mod hooks;
mod runs;
mod starting;
mod threads;
mod triggers;

mod artifacts;
mod tools;

mod audit;
mod events;
mod search;
mod system;
mod webhooks;

pub use metrics::{Metrics, MetricsSource, metrics_router};
pub use observer::{Observer, RequestSeen, Unobserved};
#[cfg(fuzzing)]
pub mod fuzzing;

pub use openapi::openapi;
pub use options::Options;
pub use pages::Pages;
pub use problem::{Problem, error_codes, error_reference};
pub use rates::RateLimits;
pub use router::router;
pub use serve::serve;
pub use site::{ProxyHeader, Site};
pub use state::ApiState;
pub use tls::{Tls, TlsError};
