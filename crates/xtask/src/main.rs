//! Developer commands: run, test, ci, bench, tidy, generate.

fn main() {}
