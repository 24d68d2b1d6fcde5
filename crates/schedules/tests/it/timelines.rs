//! Any schedule over any series of calls: each slot is fired or left out once, as a slow model says.

use gathering_domain::{Duration, ScheduleId, Timestamp};
use gathering_schedules::{
    Act, Activity, Bounds, Decision, Fire, GRACE, MAX_FIRES_AT_ONCE, Misfire, Overlap, PATIENCE,
    Policy, Schedule, State, Timing, decide, look_at, preview,
};
use proptest::prelude::*;

use crate::at;

/// The first moment of all timelines.
fn began() -> Timestamp {
    // Half an hour before New York puts its clocks back.
    at("2027-11-07T05:30:00Z")
}

fn timings() -> impl Strategy<Value = Timing> {
    let cron = |expression: &str| Timing::Cron {
        expression: expression.to_owned(),
        zone: "America/New_York".to_owned(),
    };
    prop_oneof![
        (1_000_u64..200_000, 0_i64..3_600_000_000).prop_map(|(millis, ahead)| Timing::Interval {
            every: Duration::from_millis(millis),
            anchor: Some(Timestamp::from_micros(began().micros() + ahead)),
        }),
        Just(cron("* * * * *")),
        Just(cron("*/7 * * * * *")),
        Just(cron("0,1,30 */2 * * * *")),
        Just(cron("0,20,21 0-23 * * *")),
        Just(cron("30 1 * * *")),
        (0_i64..4_500_000_000).prop_map(|ahead| Timing::Once {
            at: Timestamp::from_micros(began().micros() + ahead)
        }),
    ]
}

fn policies() -> impl Strategy<Value = Policy> {
    let misfire = prop_oneof![
        Just(Misfire::Skip {}),
        Just(Misfire::FireOnce {}),
        prop_oneof![1_u64..7, 1_u64..3_600]
            .prop_map(|secs| Misfire::FireAll { within: Duration::from_secs(secs) }),
    ];
    let overlap = prop_oneof![
        Just(Overlap::Skip),
        Just(Overlap::Queue),
        Just(Overlap::Allow),
        Just(Overlap::CancelPrevious),
    ];
    let jitter = prop_oneof![Just(0_u64), 1_u64..3_600_000_000];
    let ahead = || prop::option::of(0_i64..4_500_000_000);
    (misfire, overlap, jitter, ahead(), ahead(), prop::option::of(1_u64..40)).prop_map(
        |(misfire, overlap, jitter, start, end, max_fires)| {
            let moment = |ahead: i64| Timestamp::from_micros(began().micros() + ahead);
            Policy {
                misfire,
                overlap,
                jitter: Duration::from_micros(jitter),
                start: start.map(moment),
                end: end.map(moment),
                max_fires,
                retry: None,
            }
        },
    )
}

/// A call: how long after the one before (or before it, by a clock that is behind), what is under
/// way, and whether the schedule is paused.
#[derive(Debug, Clone)]
struct Call {
    later: i64,
    activity: Activity,
    paused: bool,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let later = prop_oneof![
        4 => 0_i64..2_000_000,
        4 => 0_i64..70_000_000,
        2 => 0_i64..900_000_000,
        1 => -10_000_000_i64..0,
    ];
    let call = (later, 0_u32..3, 0_u32..2, prop::bool::weighted(0.1)).prop_map(
        |(later, running, waiting, paused)| Call {
            later,
            activity: Activity { running, waiting },
            paused,
        },
    );
    prop::collection::vec(call, 1..40)
}

/// How long timelines are, and for how long there are calls.
const LENGTHS: [i64; 2] = [6_000_000_000, 5_900_000_000];

/// All slots of a schedule in a timeline.
fn timeline(schedule: Schedule<'_>) -> Vec<Timestamp> {
    let end = Timestamp::from_micros(began().micros() + LENGTHS[0]);
    let bounds = Bounds {
        end: Some(schedule.policy.end.map_or(end, |own| own.min(end))),
        ..schedule.policy.into()
    };
    let mut slots: Vec<Timestamp> = Vec::new();
    loop {
        let more = preview(schedule.timing, slots.last().copied().unwrap_or(began()), bounds, 100);
        if more.is_empty() {
            return slots;
        }
        slots.extend(more);
    }
}

fn due(schedule: Schedule<'_>, slot: Timestamp) -> Timestamp {
    let state = State { next_slot: Some(slot), ..State::default() };
    look_at(schedule, &state).expect("a state with a slot has a next look")
}

/// What the documentation says, slot by slot: what fires, and what is left out before.
fn model(
    schedule: Schedule<'_>,
    state: State,
    activity: Activity,
    now: Timestamp,
    slots: &[Timestamp],
) -> (Vec<Fire>, Vec<Timestamp>) {
    let policy = schedule.policy;
    let Some(next) = state.next_slot else { return (Vec::new(), Vec::new()) };
    let come: Vec<Timestamp> = slots
        .iter()
        .copied()
        .filter(|slot| (next..=now).contains(slot) && due(schedule, *slot) <= now)
        .collect();
    if state.paused {
        return (Vec::new(), come);
    }
    let last = come.last().copied();
    let (mut fires, mut left_out, mut fired) = (Vec::new(), Vec::new(), state.fires);
    let Activity { mut running, mut waiting } = activity;
    for slot in &come {
        let late = now.since(due(schedule, *slot));
        let is_last = Some(*slot) == last;
        let is_missed = late > GRACE || (late > PATIENCE && !is_last);
        let is_kept = !is_missed
            || match policy.misfire {
                Misfire::Skip {} => false,
                Misfire::FireOnce {} => is_last,
                Misfire::FireAll { within } => late <= within,
            };
        if !is_kept {
            left_out.push(*slot);
            continue;
        }
        if fires.len() == MAX_FIRES_AT_ONCE || policy.max_fires.is_some_and(|most| fired >= most) {
            break;
        }
        let is_free = running == 0 && waiting == 0;
        let ends_batch = is_last || fires.len() + 1 == MAX_FIRES_AT_ONCE;
        let act = match policy.overlap {
            Overlap::CancelPrevious if !ends_batch => Act::Skip,
            _ if is_free => Act::Start,
            Overlap::Allow => Act::Start,
            Overlap::CancelPrevious => Act::CancelAndStart,
            Overlap::Queue if waiting == 0 => Act::Wait,
            Overlap::Queue | Overlap::Skip => Act::Skip,
        };
        match act {
            Act::Start => running += 1,
            Act::Wait => waiting += 1,
            Act::CancelAndStart => (running, waiting) = (1, 0),
            Act::Skip => {}
        }
        fired += u64::from(act != Act::Skip);
        fires.push(Fire { slot: *slot, act });
    }
    (fires, left_out)
}

/// Adds what a decision dealt with to `dealt`.
fn take(decision: &Decision, slots: &[Timestamp], dealt: &mut Vec<Timestamp>) {
    if let Some(skipped) = decision.skipped {
        let left_out = slots.iter().filter(|slot| (skipped.first..=skipped.last).contains(*slot));
        let left_out: Vec<Timestamp> = left_out.copied().collect();
        assert!(skipped.exact);
        assert_eq!(skipped.count, left_out.len() as u64, "{skipped:?}");
        assert_eq!(left_out.first(), Some(&skipped.first));
        assert_eq!(left_out.last(), Some(&skipped.last));
        dealt.extend(left_out);
    }
    dealt.extend(decision.fires.iter().map(|fire| fire.slot));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn each_slot_is_dealt_with_once_and_as_the_model_says(
        timing in timings(),
        policy in policies(),
        calls in calls(),
        id in any::<u128>(),
    ) {
        let id = ScheduleId::from_uuid(uuid::Uuid::from_u128(id));
        let schedule = Schedule { id, timing: &timing, policy: &policy };
        let slots = timeline(schedule);
        let mut state = State::default().planned(schedule, began());
        let inside = |slot: Option<Timestamp>| {
            slot.filter(|slot| slot.micros() < began().micros() + LENGTHS[0])
        };
        prop_assert_eq!(inside(state.next_slot), slots.first().copied());
        let (mut now, mut dealt) = (began(), Vec::new());
        for call in calls {
            now = Timestamp::from_micros(now.micros() + call.later);
            if now.micros() >= began().micros() + LENGTHS[1] {
                break;
            }
            state.paused = call.paused;
            let look = look_at(schedule, &state);
            let decision = decide(schedule, &state, call.activity, now);
            prop_assert_eq!(&decision, &decide(schedule, &state, call.activity, now));

            let (fires, left_out) = model(schedule, state, call.activity, now, &slots);
            prop_assert_eq!(&decision.fires, &fires);
            prop_assert_eq!(decision.skipped.map_or(0, |s| s.count), left_out.len() as u64);
            prop_assert!(decision.fires.len() <= MAX_FIRES_AT_ONCE);
            let is_due = look.is_some_and(|look| look <= now);
            prop_assert!(call.paused || is_due != (decision.state == state));
            prop_assert_eq!(decision.look_at, look_at(schedule, &decision.state));

            take(&decision, &slots, &mut dealt);
            state = decision.state;
        }
        // What was dealt with is the beginning of the timeline, each slot once and in order.
        prop_assert_eq!(&dealt[..], &slots[..dealt.len()]);
        let is_over = policy.max_fires.is_some_and(|most| state.fires >= most);
        if is_over {
            prop_assert_eq!(state.next_slot, None);
        } else {
            prop_assert_eq!(inside(state.next_slot), slots.get(dealt.len()).copied());
        }
    }

    #[test]
    fn slots_are_due_in_their_order_and_before_the_next(
        timing in timings(),
        jitter in 0_u64..3_600_000_000,
        id in any::<u128>(),
    ) {
        let policy = Policy { jitter: Duration::from_micros(jitter), ..Policy::default() };
        let id = ScheduleId::from_uuid(uuid::Uuid::from_u128(id));
        let schedule = Schedule { id, timing: &timing, policy: &policy };
        let slots = preview(&timing, began(), Bounds::default(), 50);
        for pair in slots.windows(2) {
            let due = due(schedule, pair[0]);
            prop_assert!(pair[0] <= due && due < pair[1]);
            prop_assert!(due.since(pair[0]) <= policy.jitter);
        }
    }

    #[test]
    fn text_of_any_kind_is_read_or_refused_and_never_panics(text in "[-0-9*/,#?LWA-Za-z@ ]{0,40}", zone in prop_oneof![Just("UTC".to_owned()), ".{0,20}"]) {
        let timing = Timing::Cron { expression: text, zone };
        let faults = timing.check(&gathering_domain::Pointer::root());
        let slots = preview(&timing, began(), Bounds::default(), 3);
        prop_assert_eq!(faults.is_empty(), slots.len() == 3);
        prop_assert!(!gathering_schedules::describe(&timing).is_empty());
    }
}
