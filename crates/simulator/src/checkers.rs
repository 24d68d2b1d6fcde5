//! Checkers: named invariants of durable work, each a plain function over a history.

mod acceptance;
mod budgets;
mod effects;
mod journals;
mod projections;

use std::fmt;

use gathering_domain::RunId;

pub use acceptance::{
    acknowledged_exists, every_run_ends, only_living_owners_append, shown_never_changes,
};
pub use budgets::{attempts_are_kept, budgets_are_kept, charges_are_kept, shared_budgets_add_up};
pub use effects::{effects_have_one_input, unsafe_effects_happen_once};
pub use journals::{
    cancelled_stays_cancelled, journals_are_whole, prefixes_fold_to_what_was_remembered,
    settled_keys_never_run_again,
};
pub use projections::{ledger_equals_fold, runs_equal_fold};

use crate::History;

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The checker that found it.
    pub checker: &'static str,
    /// The run, if it is about one.
    pub run_id: Option<RunId>,
    /// What is wrong.
    pub what: String,
}

/// A checker.
pub type Checker = fn(&History) -> Vec<Violation>;

/// All checkers, by name.
pub const ALL: [(&str, Checker); 16] = [
    ("journals_are_whole", journals_are_whole),
    ("only_living_owners_append", only_living_owners_append),
    ("acknowledged_exists", acknowledged_exists),
    ("shown_never_changes", shown_never_changes),
    ("settled_keys_never_run_again", settled_keys_never_run_again),
    ("unsafe_effects_happen_once", unsafe_effects_happen_once),
    ("effects_have_one_input", effects_have_one_input),
    ("budgets_are_kept", budgets_are_kept),
    ("charges_are_kept", charges_are_kept),
    ("attempts_are_kept", attempts_are_kept),
    ("shared_budgets_add_up", shared_budgets_add_up),
    ("cancelled_stays_cancelled", cancelled_stays_cancelled),
    ("prefixes_fold_to_what_was_remembered", prefixes_fold_to_what_was_remembered),
    ("runs_equal_fold", runs_equal_fold),
    ("ledger_equals_fold", ledger_equals_fold),
    ("every_run_ends", every_run_ends),
];

/// Asks every checker.
pub fn check_all(history: &History) -> Vec<Violation> {
    ALL.iter().flat_map(|(_, checker)| checker(history)).collect()
}

impl Violation {
    /// What a checker found.
    pub fn new(checker: &'static str, run_id: Option<RunId>, what: impl Into<String>) -> Self {
        Self { checker, run_id, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.run_id {
            Some(run_id) => write!(f, "{}: {run_id}: {}", self.checker, self.what),
            None => write!(f, "{}: {}", self.checker, self.what),
        }
    }
}
