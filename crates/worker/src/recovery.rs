//! Recoveries: a run that brings down instance after instance fails instead.

use gathering_engine::{Entry, EntryBody};
use gathering_storage::{Recovered, RunRow};

/// How often in a row a run may be recovered without progress before it fails as poisoned.
const MAX_RECOVERIES: u32 = 10;

/// What a recovery means for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// None took place, or it is counted already.
    None,
    /// It has come further since the last one: counting begins anew.
    Progressed(Recovered),
    /// It was recovered again and again where it stands.
    Poisoned,
}

/// How far a run has come: attempts that only began, and those that were lost with their process, get
/// it nowhere.
pub(crate) fn progress(entries: &[Entry]) -> u32 {
    let got_on = |entry: &&Entry| match &entry.body {
        EntryBody::EffectAttempted(_) => false,
        EntryBody::AttemptFailed(failed) => failed.error.code != "attempt_lost",
        _ => true,
    };
    entries.iter().rfind(got_on).map_or(0, |entry| entry.seq + 1)
}

/// Judges a run as it is taken up.
pub(crate) fn judge(row: &RunRow, progress: u32) -> Recovery {
    if row.recoveries == 0 {
        Recovery::None
    } else if progress > row.recovered_seq {
        Recovery::Progressed(Recovered { recoveries: 0, seq: progress })
    } else if row.recoveries > MAX_RECOVERIES {
        Recovery::Poisoned
    } else {
        Recovery::None
    }
}
