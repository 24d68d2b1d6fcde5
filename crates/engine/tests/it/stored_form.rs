//! The stored form: the JSON of every kind of entry, which old journals hold for ever.
//!
//! A snapshot here may only change by a new field with a default. Anything else makes journals of
//! existing runs unreadable.

use std::collections::BTreeMap;

use gathering_domain::{
    Actor, ApiKeyId, Cost, Duration, EffectId, EffectKind, Failure, FireId, MicroUsd, ScheduleId,
    Timestamp, TokenUsage, TriggerId, Usage,
};
use gathering_engine::{
    AttemptFailed, AwaitRequest, ChildSettled, ChildStarted, EffectAttempted, EffectSettled,
    EntryBody, EventEmitted, Limit, LimitRaised, Limits, Next, OnCost, Origin, Outcome, ParentLink,
    RunStarted, Settlement, SignalAwaited, SignalReceived,
};
use insta::assert_snapshot;
use serde_json::json;
use uuid::Uuid;

use crate::driver::{key, run};

const AT: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

/// The stored text, which must read back as the same entry.
fn stored(body: &EntryBody) -> String {
    let text = serde_json::to_string(body).unwrap();
    assert_eq!(&serde_json::from_str::<EntryBody>(&text).unwrap(), body, "{text}");
    text
}

#[test]
fn run_started() {
    let plain = RunStarted {
        machine: "pipeline".to_owned(),
        behaviour: 1,
        definition: json!({ "version": "piv" }).into(),
        input: json!({ "topic": "rust" }).into(),
        actor: Actor::LocalOwner,
        trigger: "manual".to_owned(),
        limits: Limits::default(),
        origin: Origin::root(run(1)),
    };
    assert_snapshot!(stored(&EntryBody::RunStarted(Box::new(plain.clone()))), @r#"{"run_started":{"machine":"pipeline","behaviour":1,"definition":{"version":"piv"},"input":{"topic":"rust"},"actor":{"type":"local_owner"},"trigger":"manual","origin":{"chain":"00000000-0000-0000-0000-000000000001","root":"run_00000000000000000000000000000001","depth":0,"budgeted":false}}}"#);
    let full = RunStarted {
        limits: Limits {
            timeout: Some(Duration::from_secs(90)),
            cost: Some(MicroUsd(500_000)),
            on_cost: OnCost::Wait,
            attempts: Some(20),
        },
        origin: Origin {
            chain: Uuid::from_u128(9),
            root: run(2),
            parent: Some(ParentLink { run_id: run(3), key: key("node:sort") }),
            depth: 2,
            budgeted: true,
            budgets: vec![run(3), run(6)],
            retry_of: Some(run(4)),
            retry_children: BTreeMap::from([(key("node:page"), run(5))]),
            left_behind: BTreeMap::from([(key("node:mail"), attempted("node:mail"))]),
            api_key_id: Some(ApiKeyId::from_uuid(Uuid::from_u128(8))),
            fire_id: Some(FireId::from_uuid(Uuid::from_u128(9))),
            schedule_id: Some(ScheduleId::from_uuid(Uuid::from_u128(11))),
            triggers: vec![TriggerId::from_uuid(Uuid::from_u128(10))],
            private_to: Some(Actor::LocalOwner),
        },
        ..plain
    };
    assert_snapshot!(stored(&EntryBody::RunStarted(Box::new(full))), @r#"{"run_started":{"machine":"pipeline","behaviour":1,"definition":{"version":"piv"},"input":{"topic":"rust"},"actor":{"type":"local_owner"},"trigger":"manual","limits":{"timeout":"1m30s","cost":500000,"on_cost":"wait","attempts":20},"origin":{"chain":"00000000-0000-0000-0000-000000000009","root":"run_00000000000000000000000000000002","parent":{"run_id":"run_00000000000000000000000000000003","key":"node:sort"},"depth":2,"budgeted":true,"budgets":["run_00000000000000000000000000000003","run_00000000000000000000000000000006"],"retry_of":"run_00000000000000000000000000000004","retry_children":{"node:page":"run_00000000000000000000000000000005"},"left_behind":{"node:mail":{"key":"node:mail","attempt":2,"effect_id":"eff_00000000000000000000000000000007","kind":"unsafe"}},"api_key_id":"key_00000000000000000000000000000008","fire_id":"fir_00000000000000000000000000000009","schedule_id":"sch_0000000000000000000000000000000b","triggers":["trg_0000000000000000000000000000000a"],"private_to":{"type":"local_owner"}}}}"#);
}

#[test]
fn effect_attempted() {
    let plain = EffectAttempted {
        key: key("turn:1/model"),
        attempt: 1,
        effect_id: EffectId::from_uuid(Uuid::from_u128(7)),
        kind: EffectKind::Unsafe,
        reserved: None,
    };
    assert_snapshot!(stored(&EntryBody::EffectAttempted(plain.clone())), @r#"{"effect_attempted":{"key":"turn:1/model","attempt":1,"effect_id":"eff_00000000000000000000000000000007","kind":"unsafe"}}"#);
    let costly = EffectAttempted { kind: EffectKind::Pure, reserved: Some(MicroUsd(20)), ..plain };
    assert_snapshot!(stored(&EntryBody::EffectAttempted(costly)), @r#"{"effect_attempted":{"key":"turn:1/model","attempt":1,"effect_id":"eff_00000000000000000000000000000007","kind":"pure","reserved":20}}"#);
}

#[test]
fn attempt_failed() {
    let failed = |next, error, usage| {
        let attempt = 2;
        stored(&EntryBody::AttemptFailed(AttemptFailed {
            key: key("node:page"),
            attempt,
            error,
            next,
            usage,
        }))
    };
    let refused = Failure::retryable("rate_limited", "later", Some(Duration::from_secs(3)));
    let unknown = Failure::unknown("timeout", "no answer");
    let zero = Usage::default();
    assert_snapshot!(failed(Next::Retry { at: AT }, refused.clone(), usage()), @r#"{"attempt_failed":{"key":"node:page","attempt":2,"error":{"code":"rate_limited","message":"later","advice":{"do":"retry","after":"3s"}},"next":{"retry":{"at":1700000000123456}},"usage":{"tokens":{"input":10,"output":5,"cache_read":0,"cache_write":0,"reasoning":0},"cost":{"known":12,"unpriced_calls":1},"model_calls":1,"tool_calls":2}}}"#);
    assert_snapshot!(failed(Next::Postpone { at: AT }, refused, zero), @r#"{"attempt_failed":{"key":"node:page","attempt":2,"error":{"code":"rate_limited","message":"later","advice":{"do":"retry","after":"3s"}},"next":{"postpone":{"at":1700000000123456}}}}"#);
    assert_snapshot!(failed(Next::Reconcile, unknown.clone(), zero), @r#"{"attempt_failed":{"key":"node:page","attempt":2,"error":{"code":"timeout","message":"no answer","advice":{"do":"unknown"}},"next":"reconcile"}}"#);
    assert_snapshot!(failed(Next::ReconcileLater { at: AT }, unknown.clone(), zero), @r#"{"attempt_failed":{"key":"node:page","attempt":2,"error":{"code":"timeout","message":"no answer","advice":{"do":"unknown"}},"next":{"reconcile_later":{"at":1700000000123456}}}}"#);
    assert_snapshot!(failed(Next::Ask, unknown, zero), @r#"{"attempt_failed":{"key":"node:page","attempt":2,"error":{"code":"timeout","message":"no answer","advice":{"do":"unknown"}},"next":"ask"}}"#);
    assert_snapshot!(failed(Next::Abandon, Failure::fatal("abandoned", "unwanted"), zero), @r#"{"attempt_failed":{"key":"node:page","attempt":2,"error":{"code":"abandoned","message":"unwanted","advice":{"do":"fail"}},"next":"abandon"}}"#);
}

#[test]
fn effect_settled() {
    let settled = EffectSettled {
        key: key("node:sort"),
        attempt: 0,
        result: Settlement::Output(json!([1, 2]).into()),
        usage: Usage::default(),
        settled_by: None,
        earlier_attempt: None,
    };
    assert_snapshot!(stored(&EntryBody::EffectSettled(settled.clone())), @r#"{"effect_settled":{"key":"node:sort","result":{"output":[1,2]}}}"#);
    let by_person = EffectSettled {
        attempt: 3,
        result: Settlement::Error(Failure::fatal("settled_as_failed", "bounced")),
        usage: usage(),
        settled_by: Some(Actor::LocalOwner),
        ..settled.clone()
    };
    assert_snapshot!(stored(&EntryBody::EffectSettled(by_person)), @r#"{"effect_settled":{"key":"node:sort","attempt":3,"result":{"error":{"code":"settled_as_failed","message":"bounced","advice":{"do":"fail"}}},"usage":{"tokens":{"input":10,"output":5,"cache_read":0,"cache_write":0,"reasoning":0},"cost":{"known":12,"unpriced_calls":1},"model_calls":1,"tool_calls":2},"settled_by":{"type":"local_owner"}}}"#);
    let taken_over =
        EffectSettled { earlier_attempt: Some(Box::new(attempted("node:sort"))), ..settled };
    assert_snapshot!(stored(&EntryBody::EffectSettled(taken_over)), @r#"{"effect_settled":{"key":"node:sort","result":{"output":[1,2]},"earlier_attempt":{"key":"node:sort","attempt":2,"effect_id":"eff_00000000000000000000000000000007","kind":"unsafe"}}}"#);
}

fn attempted(name: &str) -> EffectAttempted {
    EffectAttempted {
        key: key(name),
        attempt: 2,
        effect_id: EffectId::from_uuid(Uuid::from_u128(7)),
        kind: EffectKind::Unsafe,
        reserved: None,
    }
}

#[test]
fn timers() {
    assert_snapshot!(stored(&EntryBody::TimerSet { key: key("node:rest"), due: AT }), @r#"{"timer_set":{"key":"node:rest","due":1700000000123456}}"#);
    assert_snapshot!(stored(&EntryBody::TimerFired { key: key("node:rest") }), @r#"{"timer_fired":{"key":"node:rest"}}"#);
}

#[test]
fn signals() {
    let awaited = |request| {
        stored(&EntryBody::SignalAwaited(SignalAwaited { key: key("node:ask"), request }))
    };
    assert_snapshot!(awaited(AwaitRequest::Signal { name: "go".to_owned() }), @r#"{"signal_awaited":{"key":"node:ask","request":{"type":"signal","name":"go"}}}"#);
    let approval = || AwaitRequest::Approval {
        title: "Page?".to_owned(),
        detail: json!({ "n": 3 }).into(),
        form: json!(null).into(),
        options: vec!["approved".to_owned(), "rejected".to_owned()],
        deciders: Vec::new(),
        deadline: Some(Duration::from_secs(7_200)),
    };
    assert_snapshot!(awaited(approval()), @r#"{"signal_awaited":{"key":"node:ask","request":{"type":"approval","title":"Page?","detail":{"n":3},"form":null,"options":["approved","rejected"],"deadline":"2h"}}}"#);
    let AwaitRequest::Approval { title, detail, form, options, deadline, .. } = approval() else {
        unreachable!("it is an approval")
    };
    let deciders = ["operator", "ada@example.com"].map(|one| one.parse().unwrap()).into();
    let named = AwaitRequest::Approval { title, detail, form, options, deciders, deadline };
    assert_snapshot!(awaited(named), @r#"{"signal_awaited":{"key":"node:ask","request":{"type":"approval","title":"Page?","detail":{"n":3},"form":null,"options":["approved","rejected"],"deciders":["operator","ada@example.com"],"deadline":"2h"}}}"#);
    let received = SignalReceived {
        key: key("node:ask"),
        payload: json!({ "option": "approved" }).into(),
        actor: Actor::System,
    };
    assert_snapshot!(stored(&EntryBody::SignalReceived(received)), @r#"{"signal_received":{"key":"node:ask","payload":{"option":"approved"},"actor":{"type":"system"}}}"#);
}

#[test]
fn children() {
    let started = ChildStarted { key: key("node:sub"), run_id: run(6) };
    assert_snapshot!(stored(&EntryBody::ChildStarted(started)), @r#"{"child_started":{"key":"node:sub","run_id":"run_00000000000000000000000000000006"}}"#);
    let well = Outcome { usage: usage(), ..Outcome::succeeded(json!("ok")) };
    let settled = ChildSettled { key: key("node:sub"), run_id: run(6), outcome: well };
    assert_snapshot!(stored(&EntryBody::ChildSettled(settled)), @r#"{"child_settled":{"key":"node:sub","run_id":"run_00000000000000000000000000000006","outcome":{"status":"succeeded","output":"ok","usage":{"tokens":{"input":10,"output":5,"cache_read":0,"cache_write":0,"reasoning":0},"cost":{"known":12,"unpriced_calls":1},"model_calls":1,"tool_calls":2}}}}"#);
}

#[test]
fn events_limits_and_cancels() {
    let event = EventEmitted {
        key: key("node:tell"),
        subject: "orders.paid".to_owned(),
        data: json!({ "id": 1 }).into(),
    };
    assert_snapshot!(stored(&EntryBody::EventEmitted(event)), @r#"{"event_emitted":{"key":"node:tell","subject":"orders.paid","data":{"id":1}}}"#);
    let limit = |limit, key| stored(&EntryBody::LimitReached { limit, key });
    assert_snapshot!(limit(Limit::Cost, Some(key("turn:4/model"))), @r#"{"limit_reached":{"limit":"cost","key":"turn:4/model"}}"#);
    assert_snapshot!(limit(Limit::Timeout, None), @r#"{"limit_reached":{"limit":"timeout"}}"#);
    assert_snapshot!(limit(Limit::Attempts, None), @r#"{"limit_reached":{"limit":"attempts"}}"#);
    assert_snapshot!(limit(Limit::Recoveries, None), @r#"{"limit_reached":{"limit":"recoveries"}}"#);
    let (cost, actor) = (Some(MicroUsd(1_250_000)), Actor::LocalOwner);
    let raised = EntryBody::LimitRaised(LimitRaised { limit: Limit::Cost, cost, actor });
    assert_snapshot!(stored(&raised), @r#"{"limit_raised":{"limit":"cost","cost":1250000,"actor":{"type":"local_owner"}}}"#);
    let cancel = |reason: &str| {
        let reason = reason.to_owned();
        stored(&EntryBody::CancelRequested { actor: Actor::LocalOwner, reason })
    };
    assert_snapshot!(cancel("enough"), @r#"{"cancel_requested":{"actor":{"type":"local_owner"},"reason":"enough"}}"#);
    assert_snapshot!(cancel(""), @r#"{"cancel_requested":{"actor":{"type":"local_owner"}}}"#);
}

#[test]
fn run_finished() {
    let finished = |outcome| stored(&EntryBody::RunFinished(outcome));
    assert_snapshot!(finished(Outcome::succeeded(json!({ "brief": "…" }))), @r#"{"run_finished":{"status":"succeeded","output":{"brief":"…"}}}"#);
    assert_snapshot!(finished(Outcome::failed(Failure::fatal("node_failed", "no"))), @r#"{"run_finished":{"status":"failed","output":null,"error":{"code":"node_failed","message":"no","advice":{"do":"fail"}}}}"#);
    assert_snapshot!(finished(Outcome::cancelled("enough")), @r#"{"run_finished":{"status":"cancelled","output":null,"error":{"code":"cancelled","message":"enough","advice":{"do":"fail"}}}}"#);
    assert_snapshot!(finished(Outcome::timed_out()), @r#"{"run_finished":{"status":"timed_out","output":null,"error":{"code":"timeout","message":"the run reached its time limit","advice":{"do":"fail"}}}}"#);
}

#[test]
fn fields_that_came_later_have_defaults() {
    let settled: EntryBody = serde_json::from_value(json!({
        "effect_settled": { "key": "node:sort", "result": { "output": 1 } }
    }))
    .unwrap();
    let EntryBody::EffectSettled(settled) = settled else { panic!("{settled:?}") };
    assert_eq!((settled.attempt, settled.usage.is_zero(), settled.settled_by), (0, true, None));
}

fn usage() -> Usage {
    Usage {
        tokens: TokenUsage { input: 10, output: 5, ..TokenUsage::default() },
        cost: Cost { known: MicroUsd(12), unpriced_calls: 1 },
        model_calls: 1,
        tool_calls: 2,
    }
}
