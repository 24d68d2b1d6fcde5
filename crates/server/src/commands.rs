//! The commands of the binary, each in a file of its own.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod generate;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod project;
pub(crate) mod restore;
pub(crate) mod run;
pub(crate) mod secrets;
pub(crate) mod serve;
pub(crate) mod user;
pub(crate) mod validate;
