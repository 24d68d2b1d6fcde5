//! How often a test breaks what it tests, and the seed from which the faults are drawn.

use super::{dice::Dice, report};

/// Says how many faults a test makes. Unset, it makes few.
const ROUNDS: &str = "GATHERING_TEST_CHAOS_ROUNDS";
/// The seed of an earlier test, to draw the same faults.
const SEED: &str = "GATHERING_TEST_SEED";

/// How a test goes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) faults: u32,
    pub(crate) seed: u64,
}

impl Plan {
    /// The plan of a test that makes `short` faults unless it is told otherwise, and its dice.
    pub(crate) fn new(name: &'static str, short: u32) -> (Self, Dice) {
        let faults = number(ROUNDS).map_or(short, |rounds| u32::try_from(rounds).unwrap());
        let seed = number(SEED).unwrap_or_else(|| super::history::now().micros().unsigned_abs());
        report::say(&format!("{faults} {name}; again with {SEED}={seed}"));
        (Self { name, faults, seed }, Dice::new(seed))
    }
}

fn number(variable: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "says how long the test goes on")]
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|fault| panic!("{variable} is `{text}`: {fault}")))
}
