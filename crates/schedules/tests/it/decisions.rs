//! Decisions written down by hand: what fires, what is left out, and when to look again.

use gathering_domain::{Duration, ScheduleId, Timestamp};
use gathering_schedules::{
    Act, Activity, Decision, MAX_FIRES_AT_ONCE, Misfire, Overlap, Policy, Reason, Schedule, State,
    Timing, decide, look_at,
};

use crate::{at, cron};

fn id() -> ScheduleId {
    ScheduleId::from_uuid(uuid::Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001))
}

fn hour(text: &str) -> Timestamp {
    at(&format!("2027-01-01T{text}Z"))
}

fn decided(timing: &Timing, policy: &Policy, next: &str, now: &str) -> Decision {
    let schedule = Schedule { id: id(), timing, policy };
    let state = State { next_slot: Some(hour(next)), ..State::default() };
    decide(schedule, &state, Activity::default(), hour(now))
}

fn started(decision: &Decision) -> Vec<String> {
    let started = decision.fires.iter().filter(|fire| fire.act != Act::Skip);
    started.map(|fire| fire.slot.to_rfc3339()[11..16].to_owned()).collect()
}

fn skipped(decision: &Decision) -> u64 {
    decision.skipped.map_or(0, |skipped| skipped.count)
}

#[test]
fn nothing_happens_before_a_slot() {
    let hourly = cron("0 * * * *", "UTC");
    let decision = decided(&hourly, &Policy::default(), "09:00:00", "08:59:59.999999");
    assert_eq!(decision.fires, []);
    assert_eq!(decision.skipped, None);
    assert_eq!(decision.state.next_slot, Some(hour("09:00:00")));
    assert_eq!(decision.look_at, Some(hour("09:00:00")));
}

#[test]
fn slot_in_time_fires_and_the_next_is_looked_for() {
    let hourly = cron("0 * * * *", "UTC");
    for now in ["09:00:00", "09:00:00.25", "09:01:00"] {
        for misfire in [Misfire::Skip {}, Misfire::FireOnce {}] {
            let policy = Policy { misfire, ..Policy::default() };
            let decision = decided(&hourly, &policy, "09:00:00", now);
            assert_eq!(
                (started(&decision), skipped(&decision)),
                (vec!["09:00".to_owned()], 0),
                "{now}"
            );
            assert_eq!(
                decision.state,
                State { next_slot: Some(hour("10:00:00")), fires: 1, paused: false }
            );
            assert_eq!(decision.look_at, Some(hour("10:00:00")));
        }
    }
}

#[test]
fn missed_slots_are_dealt_with_by_policy() {
    let within = |secs| Misfire::FireAll { within: Duration::from_secs(secs) };
    let quarters = cron("*/15 * * * *", "UTC");
    for (misfire, now, fires, left_out) in [
        // The last slot is in time.
        (Misfire::Skip {}, "10:00:30", vec!["10:00"], 4),
        (Misfire::FireOnce {}, "10:00:30", vec!["10:00"], 4),
        (within(3_600), "10:00:00", vec!["09:00", "09:15", "09:30", "09:45", "10:00"], 0),
        (within(3_600), "10:00:30", vec!["09:15", "09:30", "09:45", "10:00"], 1),
        (within(10), "10:00:30", vec!["10:00"], 4),
        // No slot is in time.
        (Misfire::Skip {}, "10:01:01", vec![], 5),
        (Misfire::FireOnce {}, "10:01:01", vec!["10:00"], 4),
        (Misfire::FireOnce {}, "10:14:59", vec!["10:00"], 4),
        (within(3_600), "10:14:00", vec!["09:15", "09:30", "09:45", "10:00"], 1),
        (within(10), "10:01:01", vec![], 5),
    ] {
        let policy = Policy { misfire, overlap: Overlap::Allow, ..Policy::default() };
        let decision = decided(&quarters, &policy, "09:00:00", now);
        assert_eq!(started(&decision), fires, "{misfire:?} {now}");
        assert_eq!(skipped(&decision), left_out, "{misfire:?} {now}");
        assert_eq!(decision.state.next_slot, Some(hour("10:15:00")));
        if let Some(skipped) = decision.skipped {
            assert_eq!((skipped.reason, skipped.exact), (Reason::Misfire, true));
            assert_eq!(skipped.first, hour("09:00:00"));
        }
    }
}

#[test]
fn short_halts_make_no_burst_and_lose_nothing() {
    let every = Timing::Interval { every: Duration::from_secs(1), anchor: None };
    let policy = Policy { overlap: Overlap::Allow, ..Policy::default() };
    for (now, fires, left_out) in
        [("09:00:00.9", 1, 0), ("09:00:05", 6, 0), ("09:00:06", 6, 1), ("09:00:50", 6, 45)]
    {
        let decision = decided(&every, &policy, "09:00:00", now);
        assert_eq!((decision.fires.len(), skipped(&decision)), (fires, left_out), "{now}");
    }
    // A window that is shorter leaves out nothing that is in time.
    let misfire = Misfire::FireAll { within: Duration::from_secs(2) };
    let decision = decided(&every, &Policy { misfire, ..policy }, "09:00:00", "09:00:05");
    assert_eq!((decision.fires.len(), skipped(&decision)), (6, 0));
}

#[test]
fn overlap_decides_beside_runs_under_way() {
    use Act::{CancelAndStart, Skip, Start, Wait};
    let within = Duration::from_secs(3_600);
    let quarters = cron("*/15 * * * *", "UTC");
    for (overlap, running, waiting, acts) in [
        (Overlap::Skip, 0, 0, [Start, Skip, Skip]),
        (Overlap::Skip, 1, 0, [Skip, Skip, Skip]),
        (Overlap::Queue, 0, 0, [Start, Wait, Skip]),
        (Overlap::Queue, 1, 0, [Wait, Skip, Skip]),
        (Overlap::Queue, 1, 1, [Skip, Skip, Skip]),
        (Overlap::Queue, 0, 1, [Skip, Skip, Skip]),
        (Overlap::Allow, 3, 0, [Start, Start, Start]),
        (Overlap::CancelPrevious, 0, 0, [Skip, Skip, Start]),
        (Overlap::CancelPrevious, 2, 0, [Skip, Skip, CancelAndStart]),
    ] {
        let policy = Policy { misfire: Misfire::FireAll { within }, overlap, ..Policy::default() };
        let schedule = Schedule { id: id(), timing: &quarters, policy: &policy };
        let state = State { next_slot: Some(hour("09:00:00")), ..State::default() };
        let decision = decide(schedule, &state, Activity { running, waiting }, hour("09:30:00"));
        let found: Vec<Act> = decision.fires.iter().map(|fire| fire.act).collect();
        assert_eq!(found, acts, "{overlap:?} {running} {waiting}");
        let fired = acts.iter().filter(|act| **act != Skip).count() as u64;
        assert_eq!(decision.state.fires, fired);
    }
}

#[test]
fn only_so_many_fire_at_once_and_the_rest_is_due_at_once() {
    let minutes = cron("* * * * *", "UTC");
    let misfire = Misfire::FireAll { within: Duration::from_secs(86_400) };
    let policy = Policy { misfire, overlap: Overlap::Allow, ..Policy::default() };
    let decision = decided(&minutes, &policy, "00:00:00", "12:00:00");
    assert_eq!((decision.fires.len(), skipped(&decision)), (MAX_FIRES_AT_ONCE, 0));
    assert_eq!(decision.state.next_slot, Some(hour("01:40:00")));
    assert_eq!(decision.look_at, Some(hour("01:40:00")));
}

#[test]
fn schedule_ends_after_its_last_fire() {
    let minutes = cron("* * * * *", "UTC");
    let misfire = Misfire::FireAll { within: Duration::from_secs(3_600) };
    let policy =
        Policy { misfire, overlap: Overlap::Allow, max_fires: Some(3), ..Policy::default() };
    let decision = decided(&minutes, &policy, "09:00:00", "09:10:00");
    assert_eq!(started(&decision), ["09:00", "09:01", "09:02"]);
    assert_eq!(decision.state, State { next_slot: None, fires: 3, paused: false });
    assert_eq!(decision.look_at, None);
    // A change of the timing does not bring it back; a higher maximum does.
    let schedule = Schedule { id: id(), timing: &minutes, policy: &policy };
    assert_eq!(decision.state.planned(schedule, hour("10:00:30")).next_slot, None);
    let more = Policy { max_fires: Some(4), ..policy };
    let schedule = Schedule { policy: &more, ..schedule };
    assert_eq!(
        decision.state.planned(schedule, hour("10:00:30")).next_slot,
        Some(hour("10:01:00"))
    );
}

#[test]
fn slots_left_out_for_overlap_do_not_count_as_fires() {
    let minutes = cron("* * * * *", "UTC");
    let policy = Policy { max_fires: Some(1), ..Policy::default() };
    let schedule = Schedule { id: id(), timing: &minutes, policy: &policy };
    let state = State::default().planned(schedule, hour("09:00:00"));
    let busy = Activity { running: 1, waiting: 0 };
    let decision = decide(schedule, &state, busy, hour("09:01:00"));
    assert_eq!(decision.fires[0].act, Act::Skip);
    assert_eq!(
        decision.state,
        State { next_slot: Some(hour("09:02:00")), fires: 0, paused: false }
    );
    let decision = decide(schedule, &decision.state, Activity::default(), hour("09:02:00"));
    assert_eq!(decision.fires[0].act, Act::Start);
    assert_eq!(decision.state.next_slot, None);
}

#[test]
fn paused_schedule_leaves_out_what_comes_and_goes_on_after() {
    let minutes = cron("* * * * *", "UTC");
    let policy = Policy::default();
    let schedule = Schedule { id: id(), timing: &minutes, policy: &policy };
    let paused = State { next_slot: Some(hour("09:00:00")), fires: 4, paused: true };
    assert_eq!(look_at(schedule, &paused), None);
    let decision = decide(schedule, &paused, Activity::default(), hour("09:02:10"));
    assert_eq!(decision.fires, []);
    let skipped = decision.skipped.unwrap();
    assert_eq!((skipped.reason, skipped.count), (Reason::Paused, 3));
    assert_eq!((skipped.first, skipped.last), (hour("09:00:00"), hour("09:02:00")));
    assert_eq!(decision.look_at, None);
    let resumed = State { paused: false, ..paused.planned(schedule, hour("09:02:10")) };
    assert_eq!(resumed, State { next_slot: Some(hour("09:03:00")), fires: 4, paused: false });
    assert_eq!(look_at(schedule, &resumed), Some(hour("09:03:00")));
}

#[test]
fn slot_that_is_put_off_is_kept_by_what_does_not_move_it_and_else_named() {
    let policy = Policy { jitter: Duration::from_secs(3_600), ..Policy::default() };
    let daily = cron("0 9 * * *", "UTC");
    let schedule = Schedule { id: id(), timing: &daily, policy: &policy };
    let state = State { next_slot: Some(hour("09:00:00")), fires: 4, paused: false };
    let due = look_at(schedule, &state).unwrap();
    assert!(due > hour("09:02:00"), "the test wants a slot put off: {}", due.to_rfc3339());
    assert_eq!(state.come(schedule, hour("08:59:59")), None);
    let come = state.come(schedule, hour("09:01:00")).unwrap();
    assert_eq!((come.reason, come.count, come.exact), (Reason::Changed, 1, true));
    assert_eq!((come.first, come.last), (hour("09:00:00"), hour("09:00:00")));
    assert_eq!(state.kept(schedule, hour("09:01:00")), state);
    // What is due is nobody's any more, but for whoever decides.
    assert_eq!(state.kept(schedule, due), state.planned(schedule, due));
    let over = Policy { max_fires: Some(4), ..policy.clone() };
    assert!(over.keeps_slots_of(&policy) && !Policy::default().keeps_slots_of(&policy));
    let over = Schedule { policy: &over, ..schedule };
    assert_eq!(state.kept(over, hour("09:01:00")).next_slot, None);
}

#[test]
fn jitter_is_the_same_everywhere_and_stays_before_the_next_slot() {
    let policy = Policy { jitter: Duration::from_secs(600), ..Policy::default() };
    let hourly = cron("0 * * * *", "UTC");
    let due = |id: u128, timing: &Timing, next: &str| {
        let id = ScheduleId::from_uuid(uuid::Uuid::from_u128(id));
        let schedule = Schedule { id, timing, policy: &policy };
        let state = State { next_slot: Some(hour(next)), ..State::default() };
        look_at(schedule, &state).unwrap()
    };
    // Written down: a build that draws otherwise would move slots during an upgrade.
    let drawn = [(1, "09:00:00"), (1, "10:00:00"), (2, "09:00:00"), (2, "10:00:00")]
        .map(|(id, slot)| due(id, &hourly, slot).since(hour(slot)).micros());
    assert_eq!(drawn, [77_270_349, 360_184_447, 199_687_057, 82_079_959]);
    let every = Timing::Interval { every: Duration::from_secs(1), anchor: None };
    for id in 0..200 {
        let due = due(id, &every, "09:00:00");
        assert!(hour("09:00:00") <= due && due < hour("09:00:01"), "{id} {}", due.to_rfc3339());
    }
}

#[test]
fn slot_put_off_is_in_time_when_it_is_due() {
    let policy = Policy {
        jitter: Duration::from_secs(3_600),
        misfire: Misfire::Skip {},
        ..Policy::default()
    };
    let daily = cron("0 9 * * *", "UTC");
    let schedule = Schedule { id: id(), timing: &daily, policy: &policy };
    let state = State { next_slot: Some(hour("09:00:00")), ..State::default() };
    let due = look_at(schedule, &state).unwrap();
    assert!(due > hour("09:02:00"), "the test wants a slot put off: {}", due.to_rfc3339());
    let before = Timestamp::from_micros(due.micros() - 1);
    let early = decide(schedule, &state, Activity::default(), before);
    assert_eq!((early.fires.len(), early.state), (0, state));
    let late = decide(schedule, &state, Activity::default(), due + Duration::from_secs(60));
    assert_eq!(started(&late), ["09:00"]);
    let missed = decide(schedule, &state, Activity::default(), due + Duration::from_secs(61));
    assert_eq!((missed.fires.len(), skipped(&missed)), (0, 1));
}

#[test]
fn moment_between_two_seconds_fires_once_however_late() {
    let once = Timing::Once { at: hour("09:00:00.25") };
    for (now, fires) in [("09:00:00.2", 0), ("09:00:00.25", 1), ("23:00:00", 1)] {
        let decision = decided(&once, &Policy::default(), "09:00:00.25", now);
        assert_eq!((decision.fires.len(), skipped(&decision)), (fires, 0), "{now}");
        assert_eq!(decision.state.next_slot.is_none(), fires == 1);
    }
}

#[test]
fn state_that_remembers_no_slot_goes_on_with_the_one_after() {
    let hourly = cron("0 * * * *", "UTC");
    let early = decided(&hourly, &Policy::default(), "08:20:00", "08:40:00");
    assert_eq!((early.fires.len(), early.skipped), (0, None));
    assert_eq!(
        (early.state.next_slot, early.look_at),
        (Some(hour("09:00:00")), Some(hour("09:00:00")))
    );
    let late = decided(&hourly, &Policy::default(), "08:20:00", "10:00:00");
    assert_eq!((started(&late), skipped(&late)), (vec!["10:00".to_owned()], 1));
    let policy = Policy { end: Some(hour("08:30:00")), ..Policy::default() };
    let over = decided(&hourly, &policy, "08:20:00", "10:00:00");
    assert_eq!((over.fires.len(), over.state.next_slot, over.look_at), (0, None, None));
}

#[test]
fn timing_with_faults_does_nothing() {
    let policy = Policy::default();
    let timing = Timing::Cron { expression: "nonsense".to_owned(), zone: "UTC".to_owned() };
    let schedule = Schedule { id: id(), timing: &timing, policy: &policy };
    let state = State { next_slot: Some(hour("09:00:00")), ..State::default() };
    let decision = decide(schedule, &state, Activity::default(), hour("12:00:00"));
    assert_eq!((decision.fires.len(), decision.state, decision.look_at), (0, state, None));
}
