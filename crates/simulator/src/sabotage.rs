//! Sabotage: a server that breaks one promise, so that a checker must catch it.

use std::str::FromStr;

/// Which promise is broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    #[default]
    None,
    /// The store says that a commit is on disk before it is.
    SkipSync,
    /// The store takes writes of instances that it holds for dead.
    SkipFence,
    /// Processes act on the world before the step is on disk.
    ActBeforeLog,
    /// Clients hear that their run was accepted before it is on disk.
    AcknowledgeBeforeCommit,
    /// Notices are lost, and nobody looks for what they missed.
    DropNotification,
}

impl Sabotage {
    /// Every mode, with its word on the command line.
    pub const ALL: [(&'static str, Self); 6] = [
        ("none", Self::None),
        ("skip-sync", Self::SkipSync),
        ("skip-fence", Self::SkipFence),
        ("act-before-log", Self::ActBeforeLog),
        ("ack-before-commit", Self::AcknowledgeBeforeCommit),
        ("drop-notification", Self::DropNotification),
    ];
}

/// A word that is no sabotage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a sabotage; there are none, skip-sync, skip-fence, act-before-log, ack-before-commit and drop-notification"
)]
pub struct UnknownSabotage(String);

impl FromStr for Sabotage {
    type Err = UnknownSabotage;

    fn from_str(word: &str) -> Result<Self, UnknownSabotage> {
        let found = Self::ALL.iter().find(|(name, _)| *name == word);
        found.map(|(_, sabotage)| *sabotage).ok_or_else(|| UnknownSabotage(word.to_owned()))
    }
}
