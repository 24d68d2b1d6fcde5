//! Dice: every choice of a chaos test, drawn from its seed.

use std::time::Duration;

/// A small generator of numbers that depend on nothing but the seed (S. Vigna, "splitmix64.c", 2015).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own, so that what one draws does not depend on how often another does.
    pub(crate) const fn fork(&mut self) -> Self {
        Self(self.number())
    }

    const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// An index into something of `len` items.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.number() % len as u64).unwrap()
    }

    /// Whether something happens that happens `per_mille` times in a thousand.
    pub(crate) const fn chance(&mut self, per_mille: u64) -> bool {
        self.number() % 1_000 < per_mille
    }

    /// A time of at most so many milliseconds.
    pub(crate) const fn up_to(&mut self, millis: u64) -> Duration {
        Duration::from_micros(self.number() % (millis * 1_000))
    }

    /// Lets a time of at most so many milliseconds pass: when a fault comes is what is random in it.
    pub(crate) async fn pass(&mut self, millis: u64) {
        tokio::time::sleep(self.up_to(millis)).await;
    }
}
