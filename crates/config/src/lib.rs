//! Typed configuration: loading, checking; the only reader of the environment.
//!
//! Every key is declared once, in [`sections`]: its type, default, bounds and meaning. From that
//! one place come the typed [`Config`], the loader, the generated reference page and the listing
//! of `gathering config check`.
//!
//! Values come from three layers, each stronger than the one before: one TOML file, variables that
//! begin with `GATHERING_`, and the flags of the command. All faults of all layers are reported
//! together, each with its place. Secrets never appear in a fault, a listing or a debug print.

pub mod sections;
pub mod values;

mod key;
mod section;
mod setting;

mod environment;
mod fault;
mod file;
mod names;
mod nearest;
mod reader;
mod reference;
mod sources;

pub use environment::Environment;
pub use fault::{Fault, Faults, Place};
pub use key::{Key, describe};
pub use reference::reference_page;
pub use sections::Config;
pub use sources::{InForce, Loaded, Sources};
