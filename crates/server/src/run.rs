//! A run in the terminal: its input, its model, its progress, what it asks, what it leaves.

pub(crate) mod input;
pub(crate) mod tree;

pub(crate) mod artifacts;
pub(crate) mod follow;
pub(crate) mod progress;
pub(crate) mod provider;
pub(crate) mod questions;
mod terminal;
