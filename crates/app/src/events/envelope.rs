//! From an entry of the log to what the world sees of it.

use gathering_domain::{ProjectId, RunId, RunStatus, Timestamp};
use gathering_engine::{AwaitRequest, EntryBody, Key, Next, Settlement};
use gathering_storage::LogEntry;
use serde_json::{Value, json};

/// What stands before the position in the id of an event.
const PREFIX: &str = "evt_";

/// Something that happened, after its commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Its place in the log: what a reader resumes after. None for a preview.
    pub position: Option<i64>,
    /// Unique, and the same each time the event is read.
    pub id: String,
    /// What kind of event: `run.started`, `run.node.succeeded`, `approval.requested`, ….
    pub event_type: String,
    /// What it is about: the run's id, or the subject that a run's own event names.
    pub subject: String,
    /// When it happened.
    pub at: Timestamp,
    /// The project that owns it.
    pub project_id: ProjectId,
    /// The run that it happened to.
    pub run_id: RunId,
    /// The rest.
    pub data: Value,
}

/// Type and data of an entry.
struct Told {
    event_type: String,
    subject: Option<String>,
    data: Value,
}

impl Envelope {
    /// What the world sees of an entry.
    pub(super) fn of(entry: &LogEntry) -> Self {
        let LogEntry { position, run_id, project_id, entry } = entry;
        let (told, seq, at) = match entry {
            Ok(entry) => (told(&entry.body), entry.seq, entry.at),
            Err(unreadable) => {
                (plain("run.entry.unreadable", json!({})), unreadable.seq, unreadable.at)
            }
        };
        let Told { event_type, subject, data } = told;
        let mut data = data;
        if let Value::Object(members) = &mut data {
            members.insert("run_id".to_owned(), json!(run_id));
            members.insert("seq".to_owned(), json!(seq));
        }
        Self {
            position: Some(position.0),
            id: format!("{PREFIX}{}", position.0),
            event_type,
            subject: subject.unwrap_or_else(|| run_id.to_string()),
            at,
            project_id: *project_id,
            run_id: *run_id,
            data,
        }
    }
}

impl Envelope {
    /// The place in the log that an id names.
    pub(super) fn position_of(id: &str) -> Option<i64> {
        id.strip_prefix(PREFIX)?.parse().ok().filter(|position| *position > 0)
    }

    /// What expressions see of it, as `event`.
    pub(crate) fn seen(&self) -> Value {
        json!({
            "position": self.position,
            "id": self.id,
            "type": self.event_type,
            "subject": self.subject,
            "at": self.at.to_rfc3339(),
            "project_id": self.project_id,
            "run_id": self.run_id,
            "data": self.data,
        })
    }
}

/// Outputs and inputs are left out: they may be large, and a reader asks for the run.
fn told(body: &EntryBody) -> Told {
    match body {
        EntryBody::RunStarted(started) => {
            let parent = started.origin.parent.as_ref();
            plain(
                "run.started",
                json!({
                    "machine": started.machine,
                    "trigger": started.trigger,
                    "actor": started.actor,
                    "root_run_id": started.origin.root,
                    "parent_run_id": parent.map(|parent| parent.run_id),
                    "parent_key": parent.map(|parent| &parent.key),
                    "retry_of": started.origin.retry_of,
                }),
            )
        }
        EntryBody::EffectAttempted(attempted) => {
            let (key, attempt) = (&attempted.key, attempted.attempt);
            of_key("attempted", key, json!({ "attempt": attempt, "kind": attempted.kind }))
        }
        EntryBody::AttemptFailed(failed) => {
            let verb = match failed.next {
                Next::Retry { .. } | Next::Abandon => "attempt_failed",
                Next::Postpone { .. } => "postponed",
                Next::Reconcile | Next::ReconcileLater { .. } | Next::Ask => "outcome_unknown",
            };
            let data = json!({
                "attempt": failed.attempt,
                "error": failed.error,
                "retry_at": failed.retry_at().map(Timestamp::to_rfc3339),
                "usage": failed.usage,
            });
            of_key(verb, &failed.key, data)
        }
        EntryBody::EffectSettled(settled) => match &settled.result {
            Settlement::Output(_) => {
                of_key("succeeded", &settled.key, json!({ "usage": settled.usage }))
            }
            Settlement::Error(error) => {
                of_key("failed", &settled.key, json!({ "error": error, "usage": settled.usage }))
            }
        },
        EntryBody::TimerSet { key, due } => {
            plain("run.waiting", json!({ "for": "timer", "key": key, "until": due.to_rfc3339() }))
        }
        EntryBody::TimerFired { key } => plain("run.timer.fired", json!({ "key": key })),
        EntryBody::SignalAwaited(awaited) => match &awaited.request {
            AwaitRequest::Signal { name } => {
                plain("run.waiting", json!({ "for": "signal", "key": awaited.key, "name": name }))
            }
            AwaitRequest::Approval { title, options, deciders, deadline, .. } => plain(
                "approval.requested",
                json!({
                    "key": awaited.key,
                    "title": title,
                    "options": options,
                    "deciders": deciders,
                    "deadline": deadline,
                }),
            ),
        },
        EntryBody::SignalReceived(signal) => {
            let data = json!({ "key": signal.key, "actor": signal.actor });
            // A decision says which answer it is; a signal is whatever its sender made of it.
            match signal.payload.get("answer").and_then(Value::as_str) {
                Some(answer) => {
                    let mut data = data;
                    data["answer"] = json!(answer);
                    plain("approval.decided", data)
                }
                None => plain("run.signal.received", data),
            }
        }
        EntryBody::ChildStarted(child) => plain(
            "run.child.started",
            json!({ "key": child.key, "node": node(&child.key), "child_run_id": child.run_id }),
        ),
        EntryBody::ChildSettled(child) => {
            let verb = if child.outcome.error.is_none() { "succeeded" } else { "failed" };
            let data = json!({
                "child_run_id": child.run_id,
                "status": child.outcome.status,
                "error": child.outcome.error,
                "usage": child.outcome.usage,
            });
            of_key(verb, &child.key, data)
        }
        EntryBody::EventEmitted(event) => Told {
            event_type: "event.emitted".to_owned(),
            subject: Some(event.subject.clone()),
            data: json!({ "key": event.key, "subject": event.subject, "payload": event.data }),
        },
        EntryBody::LimitReached { limit, key } => {
            plain("run.limit_reached", json!({ "limit": limit, "key": key }))
        }
        EntryBody::LimitRaised(raised) => plain(
            "run.limit_raised",
            json!({ "limit": raised.limit, "cost_micro_usd": raised.cost, "actor": raised.actor }),
        ),
        EntryBody::CancelRequested { actor, reason } => {
            plain("run.cancel_requested", json!({ "actor": actor, "reason": reason }))
        }
        EntryBody::RunFinished(outcome) => {
            let event_type = match outcome.status {
                RunStatus::Succeeded => "run.succeeded",
                RunStatus::Cancelled => "run.cancelled",
                RunStatus::TimedOut => "run.timed_out",
                RunStatus::Failed | RunStatus::Queued | RunStatus::Running | RunStatus::Waiting => {
                    "run.failed"
                }
            };
            let data = json!({
                "status": outcome.status,
                "error": outcome.error,
                "usage": outcome.usage,
            });
            plain(event_type, data)
        }
    }
}

fn plain(event_type: &str, data: Value) -> Told {
    Told { event_type: event_type.to_owned(), subject: None, data }
}

/// What happened to a node of a pipeline (`run.node.…`), or to a step of a turn (`run.step.…`).
fn of_key(verb: &str, key: &Key, mut data: Value) -> Told {
    let noun = if node(key).is_some() { "node" } else { "step" };
    data["key"] = json!(key);
    if let Some(node) = node(key) {
        data["node"] = json!(node);
    }
    Told { event_type: format!("run.{noun}.{verb}"), subject: None, data }
}

/// The node of a pipeline that a key belongs to: `each` of `node:each[4]/try:2`.
fn node(key: &Key) -> Option<&str> {
    let rest = key.as_str().strip_prefix("node:")?;
    rest.split(['[', '/']).next()
}

#[cfg(test)]
mod tests {
    use gathering_engine::{ChildStarted, Entry, EventEmitted, Outcome};
    use gathering_storage::Position;
    use uuid::Uuid;

    use super::*;

    fn event(body: EntryBody) -> Envelope {
        Envelope::of(&LogEntry {
            position: Position(4097),
            run_id: RunId::from_uuid(Uuid::from_u128(1)),
            project_id: ProjectId::from_uuid(Uuid::from_u128(2)),
            entry: Ok(Entry { seq: 3, at: Timestamp::from_micros(5), body }),
        })
    }

    #[test]
    fn keys_of_nodes_and_of_steps_are_told_apart() {
        for (key, wanted) in [
            ("node:page", Some("page")),
            ("node:each[4]/try:2", Some("each")),
            ("turn:3/model", None),
        ] {
            assert_eq!(node(&Key::new(key)), wanted, "{key}");
        }
        let settled = |key: &str| {
            let settled: EntryBody = serde_json::from_value(json!({ "effect_settled":
                { "key": key, "result": { "output": 1 } } }))
            .unwrap();
            event(settled).event_type
        };
        assert_eq!(settled("node:page"), "run.node.succeeded");
        assert_eq!(settled("turn:3/model"), "run.step.succeeded");
    }

    #[test]
    fn an_event_names_its_run_and_its_place() {
        let envelope = event(EntryBody::RunFinished(Outcome::timed_out()));
        assert_eq!(envelope.event_type, "run.timed_out");
        assert_eq!(envelope.id, "evt_4097");
        assert_eq!(envelope.subject, envelope.run_id.to_string());
        assert_eq!(envelope.data["seq"], 3);
        let emitted = event(EntryBody::EventEmitted(EventEmitted {
            key: Key::new("node:tell"),
            subject: "orders.paid".to_owned(),
            data: json!({ "n": 1 }).into(),
        }));
        assert_eq!(emitted.subject, "orders.paid");
        assert_eq!(emitted.data["payload"], json!({ "n": 1 }));
        let run_id = RunId::from_uuid(Uuid::from_u128(9));
        let child =
            event(EntryBody::ChildStarted(ChildStarted { key: Key::new("node:each[0]"), run_id }));
        assert_eq!(child.data["node"], "each");
        assert_eq!(child.data["child_run_id"], json!(run_id));
    }
}
