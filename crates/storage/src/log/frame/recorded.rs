//! A recorded row of the log with an entry of every kind. It is never edited: databases hold such rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use gathering_domain::{
    Actor, Duration, EffectId, EffectKind, Failure, MicroUsd, ProjectId, RunId, Timestamp, Usage,
    UserId,
};
use gathering_engine::{
    AttemptFailed, AwaitRequest, ChildSettled, ChildStarted, EffectAttempted, EffectSettled, Entry,
    EntryBody, EventEmitted, Key, Limit, Limits, Next, Origin, Outcome, ParentLink, Payload,
    RunStarted, Settlement, SignalAwaited, SignalReceived,
};
use serde_json::json;
use uuid::Uuid;

use super::{Body, FORMAT, decode_section, encode_entry, encode_section, sections};

const RECORDED: &str = include_str!("../../../tests/recorded/log_row_1.hex");

fn payload(value: serde_json::Value) -> Payload {
    Arc::new(value)
}

fn entries() -> Vec<Entry> {
    let key = || Key::new("node:page");
    let run_id = |number| RunId::from_uuid(Uuid::from_u128(number));
    let actor = Actor::User { user_id: UserId::from_uuid(Uuid::from_u128(5)) };
    let mut usage = Usage { model_calls: 1, ..Usage::default() };
    usage.cost.known = MicroUsd(40);
    let bodies = vec![
        EntryBody::RunStarted(Box::new(RunStarted {
            machine: "pipeline".into(),
            behaviour: 1,
            definition: payload(json!({"nodes": []})),
            input: payload(json!({"a": 1})),
            actor,
            trigger: "manual".into(),
            limits: Limits { timeout: Some(Duration::from_secs(60)), ..Limits::default() },
            origin: Origin {
                chain: Uuid::from_u128(7),
                root: run_id(2),
                parent: Some(ParentLink { run_id: run_id(2), key: key() }),
                depth: 1,
                budgeted: true,
                budgets: Vec::new(),
                retry_of: None,
                retry_children: BTreeMap::new(),
                left_behind: BTreeMap::new(),
                api_key_id: None,
                fire_id: None,
                schedule_id: None,
                triggers: Vec::new(),
                private_to: None,
            },
        })),
        EntryBody::EffectAttempted(EffectAttempted {
            key: key(),
            attempt: 1,
            effect_id: EffectId::from_uuid(Uuid::from_u128(8)),
            kind: EffectKind::Unsafe,
            reserved: Some(MicroUsd(50)),
        }),
        EntryBody::AttemptFailed(AttemptFailed {
            key: key(),
            attempt: 1,
            error: Failure::unknown("timeout", "no answer"),
            next: Next::Retry { at: Timestamp::from_micros(9) },
            usage,
        }),
        EntryBody::EffectSettled(EffectSettled {
            key: key(),
            attempt: 2,
            result: Settlement::Output(payload(json!("done"))),
            usage,
            settled_by: Some(actor),
            earlier_attempt: None,
        }),
        EntryBody::TimerSet { key: key(), due: Timestamp::from_micros(10) },
        EntryBody::TimerFired { key: key() },
        EntryBody::SignalAwaited(SignalAwaited {
            key: key(),
            request: AwaitRequest::Signal { name: "go".into() },
        }),
        EntryBody::SignalReceived(SignalReceived {
            key: key(),
            payload: payload(json!(true)),
            actor: Actor::System,
        }),
        EntryBody::ChildStarted(ChildStarted { key: key(), run_id: run_id(3) }),
        EntryBody::ChildSettled(ChildSettled {
            key: key(),
            run_id: run_id(3),
            outcome: Outcome::failed(Failure::fatal("broken", "it broke")),
        }),
        EntryBody::EventEmitted(EventEmitted {
            key: key(),
            subject: "orders.paid".into(),
            data: payload(json!([1, 2])),
        }),
        EntryBody::LimitReached { limit: Limit::Cost, key: Some(key()) },
        EntryBody::CancelRequested { actor, reason: "enough".into() },
        EntryBody::RunFinished(Outcome::succeeded(json!("x".repeat(5_000)))),
    ];
    (0..)
        .zip(bodies)
        .map(|(seq, body)| Entry { seq, at: Timestamp::from_micros(1_000 + i64::from(seq)), body })
        .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn recorded_row_reads_as_what_it_was() {
    let [runs, stored] = RECORDED.lines().map(bytes).collect::<Vec<_>>().try_into().unwrap();
    let found: Vec<_> = sections(1, &runs).unwrap().collect();
    let [section] = found[..] else { panic!("one section") };
    assert_eq!(section.run_id, RunId::from_uuid(Uuid::from_u128(1)));
    assert_eq!(section.project_id, ProjectId::from_uuid(Uuid::from_u128(4)));
    let stored = decode_section(1, &section, &stored).unwrap();
    let expected = entries();
    assert_eq!(stored.len(), expected.len());
    for (stored, expected) in stored.iter().zip(&expected) {
        let payload = serde_json::to_vec(&expected.body).unwrap();
        let json = match stored.body {
            Body::Json(json) => json,
            Body::Blob(_) => &payload,
        };
        assert_eq!(&stored.read("the recorded row", json).unwrap(), expected);
    }
    assert!(matches!(stored.last().unwrap().body, Body::Blob(_)));
}

/// What is written today is what was written then, byte by byte; an entry that gains a field with a
/// default keeps this.
#[test]
fn row_is_written_as_it_was_recorded() {
    let mut stored = Vec::new();
    for entry in entries() {
        encode_entry(&entry, &mut stored).unwrap();
    }
    let mut runs = vec![FORMAT];
    let (run_id, project_id) =
        (RunId::from_uuid(Uuid::from_u128(1)), ProjectId::from_uuid(Uuid::from_u128(4)));
    let count = u16::try_from(entries().len()).unwrap();
    encode_section(run_id, project_id, count, stored.len().try_into().unwrap(), &mut runs);
    let [recorded_runs, recorded] =
        RECORDED.lines().map(bytes).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(runs, recorded_runs);
    assert_eq!(stored, recorded);
}

#[test]
fn damaged_rows_are_refused() {
    let [runs, stored] = RECORDED.lines().map(bytes).collect::<Vec<_>>().try_into().unwrap();
    assert!(sections(1, &[]).is_err());
    assert!(sections(1, &[99]).is_err(), "a format of the future");
    assert!(sections(1, &runs[..runs.len() - 1]).is_err());
    let section = sections(1, &runs).unwrap().next().unwrap();
    assert!(decode_section(1, &section, &stored[..stored.len() - 1]).is_err());
    let mut wrong_length = stored;
    wrong_length[0] ^= 1;
    assert!(decode_section(1, &section, &wrong_length).is_err());
}
