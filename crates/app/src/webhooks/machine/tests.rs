//! The machine by itself: what it wants after each entry.

use gathering_domain::{Actor, RunId, Timestamp};
use gathering_engine::{EffectSettled, EventEmitted, Limits, Origin, RunStarted};

use super::*;

fn after(bodies: Vec<EntryBody>) -> DeliveryMachine {
    let run_id: RunId = "run_00000000000070008000000000000001".parse().unwrap();
    let order = DeliveryOrder {
        webhook_id: "whk_00000000000070008000000000000002".parse().unwrap(),
        delivery_id: "dlv_00000000000070008000000000000003".parse().unwrap(),
    };
    let started = EntryBody::RunStarted(Box::new(RunStarted {
        machine: DeliveryMachine::NAME.to_owned(),
        behaviour: DeliveryMachine::BEHAVIOUR,
        definition: Payload::new(serde_json::to_value(order).unwrap()),
        input: Payload::new(json!({ "type": "run.succeeded" })),
        actor: Actor::LocalOwner,
        trigger: "webhook".to_owned(),
        limits: Limits::default(),
        origin: Origin::root(run_id),
    }));
    let mut machine = DeliveryMachine::default();
    let bodies = std::iter::once(started).chain(bodies);
    for (seq, body) in (0..).zip(bodies) {
        machine.apply(&Entry { seq, at: Timestamp::from_micros(1), body });
    }
    machine
}

fn settled(key: &str, result: &Settlement) -> EntryBody {
    let value = json!({ "effect_settled": { "key": key, "result": result } });
    let EntryBody::EffectSettled(settled) = serde_json::from_value(value).unwrap() else {
        panic!("an effect that settled")
    };
    EntryBody::EffectSettled(EffectSettled { attempt: 1, ..settled })
}

fn sent(delivered: &Delivered) -> EntryBody {
    let output = Payload::new(serde_json::to_value(delivered).unwrap());
    settled(DELIVER, &Settlement::Output(output))
}

fn emitted() -> EntryBody {
    EntryBody::EventEmitted(EventEmitted {
        key: Key::new(DISABLED),
        subject: "webhook.disabled".to_owned(),
        data: Payload::default(),
    })
}

fn gone(notice: Option<NoticeOrder>) -> Delivered {
    let error = Failure::fatal("http_status", "the receiver answered 410");
    let disabled = Disabled { reason: "it is gone".to_owned(), notice };
    Delivered { status: Some(410), error: Some(error), disabled: Some(disabled) }
}

#[test]
fn an_event_is_sent_under_a_stable_id_until_the_schedule_is_over() {
    let Decision::Perform(effect) = after(Vec::new()).next() else { panic!("sends") };
    assert_eq!((effect.performer, effect.kind), ("deliver", EffectKind::Idempotent));
    assert_eq!(effect.retry, SCHEDULE);
    assert_eq!(effect.input["payload"], json!({ "type": "run.succeeded" }));
    assert_eq!(effect.input["delivery_id"], "dlv_00000000000070008000000000000003");
}

#[test]
fn the_schedule_takes_about_a_day() {
    let ceilings = (1..SCHEDULE.attempts).map(|n| SCHEDULE.delay(n, 1.0, None).millis() / 1_000);
    let longest: u64 = ceilings.sum();
    assert_eq!(longest, 13_650 + 7 * 6 * 3_600);
    assert!((22..=24).contains(&(longest / 2 / 3_600)));
}

#[test]
fn what_is_taken_ends_well_and_what_is_not_ends_badly() {
    let taken = Delivered { status: Some(204), error: None, disabled: None };
    let Decision::Finish(outcome) = after(vec![sent(&taken)]).next() else { panic!("ends") };
    assert_eq!(outcome.output["status"], 204);
    let refused = Delivered { disabled: None, ..gone(None) };
    let lost = settled(DELIVER, &Settlement::Error(Failure::fatal("panicked", "a defect")));
    for (body, code) in [(sent(&refused), "http_status"), (lost, "panicked")] {
        let Decision::Finish(outcome) = after(vec![body]).next() else { panic!("ends") };
        assert_eq!(outcome.error.unwrap().code, code);
    }
}

#[test]
fn the_end_of_a_webhook_is_told_once_to_the_log_and_once_to_people() {
    let notice = NoticeOrder {
        channel: "ops".to_owned(),
        kind: EffectKind::Unsafe,
        title: "A webhook was disabled".to_owned(),
        text: "it is gone".to_owned(),
    };
    let end = sent(&gone(Some(notice)));
    let Decision::Emit { subject, .. } = after(vec![end.clone()]).next() else { panic!("tells") };
    assert_eq!(subject, "webhook.disabled");
    let Decision::Perform(effect) = after(vec![end.clone(), emitted()]).next() else {
        panic!("notifies")
    };
    assert_eq!((effect.performer, effect.kind), ("webhook_disabled", EffectKind::Unsafe));
    let noticed = settled(NOTICE, &Settlement::Output(Payload::default()));
    let decided = after(vec![end, emitted(), noticed]).next();
    assert!(matches!(decided, Decision::Finish(_)), "{decided:?}");
    let silent = after(vec![sent(&gone(None)), emitted()]).next();
    assert!(matches!(silent, Decision::Finish(_)), "{silent:?}");
}

#[test]
fn a_retry_sends_again_and_says_nothing_twice() {
    let machine = after(Vec::new());
    assert!(!machine.carries(&Key::new(DELIVER)));
    assert!(machine.carries(&Key::new(DISABLED)) && machine.carries(&Key::new(NOTICE)));
}
