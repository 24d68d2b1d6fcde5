//! The binary: commands, wiring, telemetry, lifecycle.

fn main() {}
