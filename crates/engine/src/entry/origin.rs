//! Where a run comes from: its ancestors, the runs it repeats, and whose budgets it spends.

use std::collections::BTreeMap;

use gathering_domain::{Actor, ApiKeyId, FireId, RunId, ScheduleId, TriggerId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EffectAttempted;
use crate::Key;

/// Ancestry of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// What effect ids derive from: equal for a run and its retries.
    pub chain: Uuid,
    /// The topmost ancestor.
    pub root: RunId,
    /// The parent and the key under which it waits, for a child run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentLink>,
    /// How many runs stand above it: ancestors, and above the topmost of them the runs whose actions
    /// started it.
    #[serde(default)]
    pub depth: u32,
    /// Whether the topmost ancestor has a cost limit, so that spending is booked against it.
    #[serde(default)]
    pub budgeted: bool,
    /// The runs below the topmost one whose cost limits count for this one, from above: ancestors, and
    /// the run itself. Spending is booked against the budget of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<RunId>,
    /// The run of which this is a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RunId>,
    /// For a retry: the earlier child runs that ended badly, by key; they are retried in turn.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retry_children: BTreeMap<Key, RunId>,
    /// For a retry: attempts that have happened and whose results it did not take over. Whoever wants
    /// such a key again must first say what becomes of what has happened.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_behind: BTreeMap<Key, EffectAttempted>,
    /// The API key by which it, or the run above it, was started: what it does is bounded by that key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<ApiKeyId>,
    /// The fire of a schedule that it, or the run of which it is a retry, is the run of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fire_id: Option<FireId>,
    /// The schedule of that fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_id: Option<ScheduleId>,
    /// The event triggers that stand above it, from above: each fired for an event of a run, and started
    /// this one or a run above it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<TriggerId>,
    /// Whose it is alone: the person in whose thread it answers, or does a run above it, or that for whose
    /// event it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_to: Option<Actor>,
}

impl Origin {
    /// The origin of a run that nobody's run started.
    pub fn root(run_id: RunId) -> Self {
        Self {
            chain: run_id.uuid(),
            root: run_id,
            parent: None,
            depth: 0,
            budgeted: false,
            budgets: Vec::new(),
            retry_of: None,
            retry_children: BTreeMap::new(),
            left_behind: BTreeMap::new(),
            api_key_id: None,
            fire_id: None,
            schedule_id: None,
            triggers: Vec::new(),
            private_to: None,
        }
    }

    /// All budgets that spending counts against, from above.
    pub fn all_budgets(&self) -> impl Iterator<Item = RunId> {
        self.budgeted.then_some(self.root).into_iter().chain(self.budgets.iter().copied())
    }
}

/// A child's way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentLink {
    /// The parent.
    pub run_id: RunId,
    /// The key under which the parent waits.
    pub key: Key,
}
