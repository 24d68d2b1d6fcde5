//! Holds what was seen in a chaos test against what was promised.

mod deliveries;
mod events;
mod journals;
mod starts;

#[cfg(test)]
mod tests;

use super::history::{History, Run};

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// A run that was accepted exists.
    NoRunIsLost,
    /// A start is one run, however often its answer was lost.
    OneRunForOneStart,
    /// Every run comes to its end.
    EveryRunEnds,
    /// Nothing but a fault of its own makes a run fail; these have none.
    FaultsFailNoRun,
    /// A journal begins with its start, ends with its end, and lacks nothing between.
    JournalsHaveNoGap,
    /// What is settled is settled once, and not attempted again.
    SettledIsSettled,
    /// An attempt is made again only after it failed.
    AttemptsFollowFailures,
    /// An unsafe effect without an outcome is repeated only after a person said that it did not happen.
    PeopleAreAsked,
    /// An unsafe effect reaches its target once, and again only where a person was wrong.
    UnsafeIsDeliveredOnce,
    /// What is said to have happened reached its target.
    SettledIsDelivered,
    /// An unsafe effect is in the log before it reaches its target.
    LoggedBeforeDelivered,
    /// Nothing reaches the target once its effect is settled.
    NothingIsDeliveredLate,
    /// An effect has one id, over all attempts.
    EffectsKeepTheirIds,
    /// A reader who resumes gets every event once, in order.
    EventsComeOnce,
    /// The stream of events is the journals, nothing less and nothing more.
    EventsAreTheJournals,
    /// An answer is as the API promises it.
    AnswersAreAsPromised,
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: Rule,
    /// The run, key or path that it is about.
    pub(crate) of: String,
    pub(crate) what: String,
}

impl Violation {
    fn new(rule: Rule, of: impl Into<String>, what: impl Into<String>) -> Self {
        Self { rule, of: of.into(), what: what.into() }
    }
}

/// Every promise that was not kept.
pub(crate) fn check(history: &History) -> Vec<Violation> {
    let mut found = starts::check(history);
    found.extend(history.runs.iter().filter_map(end));
    found.extend(history.runs.iter().flat_map(journals::check));
    found.extend(deliveries::check(history));
    found.extend(events::check(history));
    found
}

/// What somebody complained of while the test went on.
pub(crate) fn complaint(complaint: &str) -> Violation {
    Violation::new(Rule::AnswersAreAsPromised, "", complaint)
}

fn end(run: &Run) -> Option<Violation> {
    let found = |rule| Some(Violation::new(rule, &run.id, format!("it is {}", run.status)));
    match run.status.as_str() {
        "succeeded" => None,
        _ if run.has_ended() => found(Rule::FaultsFailNoRun),
        _ => found(Rule::EveryRunEnds),
    }
}
