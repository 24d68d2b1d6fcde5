//! Holds what became of schedules against their slots, which are found here on their own.

mod line;
mod runs;
mod slots;
mod target;

#[cfg(test)]
mod tests;

use super::history::History;

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// A slot that has come is in a row of the fires.
    SlotsAreHandled,
    /// No slot is in two.
    SlotsAreHandledOnce,
    /// No row is of a time that is no slot, or at which the schedule was paused.
    RowsAreOfSlots,
    /// A row of missed slots counts those that lie in it.
    MissedAreCounted,
    /// Slots are missed only as the policy says: late enough, and made up for.
    MissedAsThePolicySays,
    /// A slot is skipped only while another run is under way.
    SkippedForOverlap,
    /// A schedule fires as often as it may, and as it says.
    FiresAreCounted,
    /// Something could be started for each slot that fires.
    NothingIsRefused,
    /// Nothing waits at the end.
    FiresEnd,
    /// A fire has its run, with all that were tried for it.
    FiresHaveTheirRuns,
    /// A run is of one fire.
    RunsAreOfOneFire,
    /// A run was told the slot of its fire.
    RunsKnowTheirSlots,
    /// Runs of a schedule that may not overlap do not.
    RunsDoNotOverlap,
    /// What fired reached the target, as one effect, and nothing else did.
    TargetsAreReachedOnce,
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: Rule,
    /// The schedule, run or path that it is about.
    pub(crate) of: String,
    pub(crate) what: String,
}

impl Violation {
    fn new(rule: Rule, of: impl Into<String>, what: impl Into<String>) -> Self {
        Self { rule, of: of.into(), what: what.into() }
    }
}

/// What was checked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Slots that had come, by arithmetic and by the calendar.
    pub(crate) slots: u64,
    /// Those that a run was started for, that were skipped for overlap, and that were missed.
    pub(crate) fired: u64,
    pub(crate) skipped: u64,
    pub(crate) missed: u64,
    /// Starts by hand.
    pub(crate) by_hand: u64,
}

/// Every promise that was not kept, and what was looked at.
pub(crate) fn check(history: &History) -> (Vec<Violation>, Counts) {
    let (mut found, mut counts) = (Vec::new(), Counts::default());
    let ends = history.runs.iter().map(|run| (run.id.as_str(), run.ended)).collect();
    for schedule in &history.schedules {
        found.extend(slots::check(schedule, &ends, &mut counts));
    }
    found.extend(runs::check(history));
    found.extend(target::check(history));
    (found, counts)
}
