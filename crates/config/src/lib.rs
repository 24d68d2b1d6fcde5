//! Typed configuration: loading, checking; the only reader of the environment.
