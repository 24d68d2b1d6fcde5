//! Randomness as a parameter: the bytes of tokens, salts and nonces.

/// Gives bytes that nobody can guess. Production asks the operating system, tests count.
pub trait Randomness: Send + Sync {
    /// Fills the whole of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}
