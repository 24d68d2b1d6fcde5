//! Nouns and rules of the product: ids, actors, states, limits; no I/O.
//!
//! Everything else builds on these words. They carry no behaviour that needs a clock, a disk or a
//! network: time and ids come in through [`Clock`] and [`IdSource`].

mod id;
mod time;

mod actor;
mod audit_action;
mod content_hash;
mod decider;
mod effect_kind;
mod email;
mod failure;
mod fault;
mod host_list;
mod host_pattern;
mod ip_range;
mod money;
mod name;
mod password;
mod permission;
mod priority;
mod rate;
mod run_status;
mod secret_marker;
mod subject;
mod usage;
mod yaml_bounds;

pub use actor::Actor;
pub use audit_action::{AuditAction, AuditOutcome};
pub use content_hash::{ContentHash, hex};
pub use decider::{Decider, InvalidDecider, MAX_DECIDERS};
pub use effect_kind::EffectKind;
pub use email::normal_email;
pub use failure::{Advice, Failure};
pub use fault::{Fault, Pointer};
pub use host_list::{HostList, ListOwner, MAX_LISTED_HOSTS};
pub use host_pattern::{HostPattern, InvalidHost};
pub use id::*;
pub use ip_range::{InvalidIpRange, IpRange, client_network};
pub use money::MicroUsd;
pub use name::{InvalidName, Name, Slug};
pub use password::PASSWORD_CHARS;
pub use permission::{Permission, Reach, Role};
pub use priority::{InvalidPriority, Priority};
pub use rate::{InvalidRate, Rate};
pub use run_status::{NodeStatus, RunStatus, Waiting};
pub use secret_marker::{find_secret_markers, is_secret_name, secret_marker};
pub use subject::{InvalidPattern, SubjectPattern, subject_fits};
pub use time::{Clock, Duration, InvalidDuration, Timestamp};
pub use usage::{Cost, TokenUsage, Usage};
pub use yaml_bounds::{
    MAX_YAML_BRACKETS, MAX_YAML_DIRECTIVES, YamlBeyondBounds, check_yaml_bounds,
};
