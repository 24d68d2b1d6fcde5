//! What follows from a prefix of a journal: what is written, started, asked and done, each as a value.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

use gathering_domain::{ContentHash, IdSource};
use gathering_engine::{
    Action, Ambient, CloseReason, EffectOrder, Entry, NewChild, RunState, Step,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    file::{RULE, Recording},
    replayed,
};

/// One thing that was decided, with the words that tell it apart from the others.
#[derive(PartialEq)]
pub(super) struct Decided {
    pub(super) label: String,
    pub(super) full: Value,
}

/// Ids in order.
struct Ids(AtomicU64);

impl Decided {
    /// The first member says what was decided: `{"perform": "node:a", …}` is `perform node:a`.
    pub(super) fn of(full: Value) -> Self {
        let words = [
            "write",
            "start",
            "cancel",
            "ledger",
            "close",
            "spend",
            "reserve",
            "perform",
            "reconcile",
            "drop",
            "park",
            "wake",
            "take_over",
        ];
        let word = words.iter().find(|word| full.get(**word).is_some());
        let word = word.unwrap_or_else(|| panic!("{full} is no decision"));
        let label = match &full[word] {
            Value::String(of) => format!("{word} {of}"),
            of => format!("{word} {of}"),
        };
        Self { label, full }
    }

    /// Its name alone, where it is among the `last` ones.
    pub(super) fn stored(&self, last: &[Self]) -> Value {
        if last.contains(self) { json!(self.label) } else { self.full.clone() }
    }
}

/// Everything that a server decides which folds the journal up to here, and what a retry takes over if
/// the run has ended badly.
pub(super) fn decided(prefix: &[Entry]) -> Vec<Decided> {
    let mut execution = replayed(prefix);
    let now = prefix.last().expect("a prefix has an entry").at;
    let ids = Ids(AtomicU64::new(900));
    let step = execution.step(Ambient { now, ids: &ids, jitter: 0.5 });
    let mut all = of_step(&step);
    let state = RunState::fold(prefix);
    if state.finished().is_some_and(|outcome| outcome.error.is_some()) {
        let input = state
            .started()
            .map(|started| std::sync::Arc::clone(&started.input))
            .unwrap_or_default();
        let taken = execution.taken_over(prefix, &std::collections::HashMap::new(), &input);
        let entries: Vec<Value> =
            taken.entries.iter().map(|(_, body)| serde_json::to_value(body).unwrap()).collect();
        all.push(json!({
            "take_over": "journal", "entries": entries, "children": taken.children, "left_behind": taken.left_behind,
            "unknown": taken.ledger.iter().map(|change| &change.key).collect::<Vec<_>>(),
        }));
    }
    all.into_iter().map(Decided::of).collect()
}

fn of_step(step: &Step) -> Vec<Value> {
    let mut all = Vec::new();
    for entry in &step.entries {
        let key = entry.body.key().map_or_else(String::new, |key| format!(" {key}"));
        let what = format!("{}{key}", entry.body.kind());
        all.push(json!({ "write": what, "entry": unworded(json!(entry.body)) }));
    }
    all.extend(step.children.iter().map(child));
    all.extend(step.cancelled_children.iter().map(|run_id| json!({ "cancel": run_id })));
    all.extend(step.ledger.iter().map(|change| {
        json!({
            "ledger": change.key, "attempt": change.attempt, "kind": change.kind,
            "effect_id": change.effect_id, "state": change.state.as_str(),
        })
    }));
    all.extend(step.closed.iter().map(|(key, reason)| {
        let why = match reason {
            CloseReason::Expired => "expired",
            CloseReason::RunEnded => "run_ended",
        };
        json!({ "close": key, "because": why })
    }));
    all.extend(
        step.spend.iter().map(|spend| json!({ "spend": spend.delta, "budgets": *spend.budgets })),
    );
    all.extend(step.actions.iter().map(action));
    match (step.parked, step.wake_at) {
        (Some(parked), _) => {
            all.push(json!({ "park": parked.waiting.as_str(), "wake_at": parked.wake_at }));
        }
        (None, Some(at)) => all.push(json!({ "wake": at })),
        (None, None) => {}
    }
    all
}

/// An entry without the sentences of its failures: those are for people, and may be put better.
fn unworded(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            if members.contains_key("code") && members.contains_key("advice") {
                members.remove("message");
            }
            members.values_mut().for_each(|member| *member = unworded(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = unworded(item.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

/// A child's definition is part of its parent's, so a hash tells enough.
fn child(child: &NewChild) -> Value {
    let NewChild { run_id, spec, origin } = child;
    json!({
        "start": origin.parent.as_ref().map(|parent| &parent.key), "run_id": run_id,
        "machine": spec.machine, "behaviour": spec.behaviour, "title": spec.title,
        "definition": ContentHash::of(&spec.definition).to_string(),
        "input": spec.input, "limits": spec.limits, "chain": origin.chain,
        "budgets": origin.budgets, "retry_of": origin.retry_of,
    })
}

fn action(action: &Action) -> Value {
    match action {
        Action::Reserve { key, spend } => {
            json!({ "reserve": key, "amount": spend.delta, "budgets": *spend.budgets })
        }
        Action::Perform(order) => effect("perform", order),
        Action::Reconcile(order) => effect("reconcile", order),
        Action::Drop(key) => json!({ "drop": key }),
    }
}

fn effect(word: &str, order: &EffectOrder) -> Value {
    let effect = &order.effect;
    let mut value = json!({
        "attempt": order.attempt, "effect_id": order.effect_id, "performer": effect.performer,
        "kind": effect.kind, "retry": effect.retry, "timeout": effect.timeout,
        "most": effect.reserve, "input": effect.input,
    });
    value[word] = json!(effect.key);
    value
}

/// The first entry after which something else is decided than was recorded, told for people.
pub(super) fn differences(name: &str, text: &str) -> Option<String> {
    let recording = Recording::parse(name, text);
    let journal: Vec<Entry> = recording.lines.iter().map(|line| line.entry.clone()).collect();
    recording.lines.iter().enumerate().find_map(|(at, line)| {
        let now = decided(&journal[..=at]);
        if now == line.then {
            return None;
        }
        let key = line.entry.body.key().map_or_else(String::new, |key| format!(" {key}"));
        let mut told = format!(
            "{name}, entry {} ({}{key}): what follows is not what was recorded",
            line.entry.seq,
            line.entry.body.kind()
        );
        let mut tell = |sign: char, these: &[Decided], others: &[Decided]| {
            for one in these.iter().filter(|one| !others.contains(one)) {
                write!(told, "\n{sign} {}", one.full).unwrap();
            }
        };
        tell('-', &line.then, &now);
        tell('+', &now, &line.then);
        let order = |all: &[Decided]| {
            all.iter().map(|one| one.label.as_str()).collect::<Vec<_>>().join(", ")
        };
        Some(format!(
            "{told}\nrecorded order: {}\norder now:      {}\n{RULE}",
            order(&line.then),
            order(&now)
        ))
    })
}

impl IdSource for Ids {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
}
