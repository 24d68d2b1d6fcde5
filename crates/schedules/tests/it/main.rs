//! Tests of schedules through what the crate gives to others.

mod pinned;
