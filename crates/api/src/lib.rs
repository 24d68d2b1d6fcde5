//! The HTTP edge: REST and event streams.
