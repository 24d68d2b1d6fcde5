//! Benchmarks W1, W2, W3 and W9, each printing a table and a JSON file.

fn main() {}
