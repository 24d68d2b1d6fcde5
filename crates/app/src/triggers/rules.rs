//! What a trigger starts, and for which events.

use gathering_domain::{Fault, Name, Pointer, SubjectPattern};
use gathering_expressions::Names;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TriggerSpec;
use crate::{
    Error, Result,
    starting::{Mapping, NotStarted, Startable, check_size},
};

/// Runs that a trigger starts in a minute at most, where it says nothing else.
pub const DEFAULT_PER_MINUTE: u32 = 600;
/// The most that it may say.
pub const MOST_PER_MINUTE: u32 = 6_000;
/// The most patterns of a trigger.
const MOST_SUBJECTS: usize = 50;
/// The code of a firing whose trigger has rules that this build cannot read.
const UNREADABLE: &str = "unreadable_rules";

/// What a trigger starts, and for which events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriggerRules {
    /// For events whose type, or emitted subject, fits one of these.
    pub subjects: Vec<SubjectPattern>,
    /// An expression over `event`; events for which it does not hold start nothing.
    pub filter: Option<String>,
    /// What it starts.
    pub starts: Startable,
    /// The input of the run, by templates over `event`. Absent: `{"event": …}`, or a task that shows
    /// the event.
    pub input: Option<Value>,
    /// Whether it fires for what the runs do that it started, or that they started.
    pub own_events: bool,
    /// Runs that it starts in a minute at most; events beyond start none.
    pub per_minute: u32,
}

impl TriggerRules {
    /// Reads what was stored.
    pub(super) fn read(stored: Value) -> Result<Self> {
        serde_json::from_value(stored)
            .map_err(|fault| Error::internal("read the rules of a trigger", fault))
    }

    /// As it is stored.
    pub(super) fn to_value(&self) -> Result<Value> {
        serde_json::to_value(self)
            .map_err(|fault| Error::internal("write the rules of a trigger", fault))
    }

    /// Reads what was stored to act by it, or says what of it this build cannot read: nothing is started
    /// by a part of it.
    pub(super) fn read_whole(stored: &Value) -> Result<(Self, Mapping), NotStarted> {
        let rules = Self::deserialize(stored)
            .map_err(|fault| NotStarted::new(UNREADABLE, &fault.to_string()))?;
        let mut faults = Vec::new();
        let mapping = rules.mapping(&mut faults);
        match faults.first() {
            Some(fault) => Err(fault.into()),
            None => Ok((rules, mapping)),
        }
    }

    /// Reads the expressions, and says what is wrong with them.
    fn mapping(&self, faults: &mut Vec<Fault>) -> Mapping {
        Mapping::parse(Names::EVENT, self.filter.as_deref(), self.input.as_ref(), faults)
    }
}

/// Refuses a specification, with everything that is wrong with it.
pub(super) fn check(spec: &TriggerSpec) -> Result<()> {
    let mut faults = Vec::new();
    spec.rules.mapping(&mut faults);
    check_size(&spec.rules.to_value()?, &mut faults);
    let mut fault = |pointer: &str, code: &str, message: String| {
        faults.push(Fault::new(Pointer::from_text(pointer), code, message));
    };
    if let Err(invalid) = spec.name.parse::<Name>() {
        fault("/name", "invalid_name", invalid.to_string());
    }
    if !(1..=MOST_SUBJECTS).contains(&spec.rules.subjects.len()) {
        fault("/subjects", "out_of_range", format!("1 to {MOST_SUBJECTS} patterns"));
    }
    if !(1..=MOST_PER_MINUTE).contains(&spec.rules.per_minute) {
        fault("/per_minute", "out_of_range", format!("1 to {MOST_PER_MINUTE}"));
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("the trigger cannot be made so", faults))
}
