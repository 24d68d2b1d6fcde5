//! Test harness: databases, clock, ids, scripted servers.
