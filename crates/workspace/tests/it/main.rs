//! The door to files beneath a directory, tried by hostile paths and by a hostile directory.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod paths;
mod races;
mod roots;
