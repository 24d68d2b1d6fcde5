//! Pipelines as their callers see them.

mod definition;
mod validation;
