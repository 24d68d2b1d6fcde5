//! Every rule can be broken: what became of a few schedules, made by hand, each time with one fault.

use gathering_domain::{Duration, Timestamp};
use gathering_schedules::{Misfire, Overlap, Policy, Timing};

use super::{Rule, check};
use crate::chaos::{
    history::Arrival,
    slots::history::{Fire, Form, History, Run, Schedule},
};

/// So many milliseconds after the beginning, which is a full second.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + millis * 1_000)
}

fn every(secs: u64) -> Timing {
    Timing::Interval { every: Duration::from_secs(secs), anchor: None }
}

fn form(version: u64, millis: i64, timing: Timing, paused: bool) -> Form {
    let policy = Policy { overlap: Overlap::Allow, ..Policy::default() };
    Form { version, timing, policy, paused, since: at(millis), told: at(millis + 50) }
}

fn fire(name: &str, millis: i64) -> Fire {
    Fire {
        id: format!("{name}-{millis}"),
        slot: at(millis),
        manual: false,
        status: "ended".to_owned(),
        run: Some(format!("run-{name}-{millis}")),
        attempts: 1,
        missed: 0,
        missed_until: None,
        at: at(millis + 3),
    }
}

fn without_run(name: &str, millis: i64, status: &str) -> Fire {
    Fire { run: None, status: status.to_owned(), ..fire(name, millis) }
}

/// Slots from one moment to another that were missed, found out so late.
fn missed(name: &str, first: i64, last: i64, found: i64) -> Fire {
    let count = u64::try_from((last - first) / 1_000 + 1).unwrap();
    let fire = without_run(name, first, "missed");
    Fire { missed: count, missed_until: Some(at(last)), at: at(found), ..fire }
}

fn run(fire: &Fire) -> Option<Run> {
    Some(Run {
        id: fire.run.clone()?,
        slot: Some(fire.slot),
        retry_of: None,
        status: "succeeded".to_owned(),
        began: fire.at,
        ended: Some(fire.at + Duration::from_millis(200)),
    })
}

fn schedule(name: &str, forms: Vec<Form>, fires: Vec<Fire>) -> Schedule {
    let counted = fires.iter().filter(|fire| !fire.manual && fire.fired()).count() as u64;
    Schedule { name: name.to_owned(), path: None, forms, fires, counted, seen: at(20_500) }
}

/// Three schedules to which everything happened that may, and nothing else.
fn world() -> History {
    // Every second; paused from 3.5 to 6.5, changed to every two seconds at 10.5, and ended at 14.5.
    let forms = vec![
        form(1, 500, every(1), false),
        form(2, 3_500, every(1), true),
        form(3, 6_500, every(1), false),
        form(4, 10_500, every(2), false),
        form(5, 14_500, every(1_000_000), false),
    ];
    let slots = [1, 2, 3, 7, 8, 9, 10, 12, 14];
    let mut fires: Vec<Fire> = slots.iter().map(|slot| fire("steady", slot * 1_000)).collect();
    fires.push(Fire { manual: true, slot: at(4_321), ..fire("steady", 4_321) });
    let mut steady = schedule("steady", forms, fires);
    steady.path = Some("/fire/steady".to_owned());

    // Every second; nobody was there from 2 to 9, and one fire makes up for it. One was skipped.
    let mut forms = vec![form(1, 500, every(1), false), form(2, 12_500, every(1_000_000), false)];
    for form in &mut forms {
        form.policy.overlap = Overlap::Skip;
    }
    let mut fires = vec![fire("gaps", 1_000), missed("gaps", 2_000, 8_000, 14_000)];
    fires.push(Fire { at: at(14_000), ..fire("gaps", 9_000) });
    fires.push(Fire { at: at(14_100), ..without_run("gaps", 10_000, "skipped") });
    fires.push(Fire { at: at(14_300), ..fire("gaps", 11_000) });
    fires.push(Fire { at: at(14_600), ..fire("gaps", 12_000) });
    let gaps = schedule("gaps", forms, fires);

    // Every second, three times; the last one was tried twice.
    let mut forms = vec![form(1, 500, every(1), false)];
    forms[0].policy.max_fires = Some(3);
    let mut fires: Vec<Fire> = (1..4).map(|slot| fire("few", slot * 1_000)).collect();
    fires[2].attempts = 2;
    let few = schedule("few", forms, fires);

    let schedules = vec![steady, gaps, few];
    let all = schedules.iter().flat_map(|schedule| &schedule.fires);
    let mut runs: Vec<Run> = all.clone().filter_map(run).collect();
    let last = runs.last_mut().unwrap();
    last.retry_of = Some("first".to_owned());
    let first = Run { id: "first".to_owned(), retry_of: None, ..last.clone() };
    runs.push(first);
    let arrival = |fire: &Fire| Arrival {
        path: format!("/fire/steady/{}", fire.slot.to_rfc3339()),
        effect_id: Some(fire.id.clone()),
        at: fire.at,
    };
    let mut arrivals: Vec<Arrival> = schedules[0].fires.iter().map(arrival).collect();
    // Its answer was lost, and it came again under its id.
    arrivals.push(arrivals[4].clone());
    History { schedules, runs, arrivals }
}

/// The rules that are broken by one change of what was seen.
fn broken(spoil: impl FnOnce(&mut History)) -> Vec<Rule> {
    let mut history = world();
    spoil(&mut history);
    let (found, _) = check(&history);
    let mut rules: Vec<Rule> = found.into_iter().map(|violation| violation.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// Takes a fire out, with its run and what it sent.
fn lose(history: &mut History, schedule: usize, nth: usize) {
    let schedule = &mut history.schedules[schedule];
    let lost = schedule.fires.remove(nth);
    schedule.counted -= u64::from(lost.fired());
    history.runs.retain(|run| Some(&run.id) != lost.run.as_ref());
    history.arrivals.retain(|arrival| arrival.effect_id.as_ref() != Some(&lost.id));
}

#[test]
fn what_is_as_it_should_be_is_let_pass() {
    let (found, counts) = check(&world());
    assert_eq!(found, []);
    assert_eq!((counts.slots, counts.missed, counts.skipped), (24, 7, 1));
    assert_eq!((counts.fired, counts.by_hand), (16, 1));
}

#[test]
fn a_slot_that_is_lost_is_found() {
    // The first one, one amid others, the last ones before a pause, a change and the end.
    for nth in [0, 1, 2, 3, 5, 6, 8] {
        assert_eq!(broken(|history| lose(history, 0, nth)), [Rule::SlotsAreHandled], "{nth}");
    }
    for nth in [0, 3, 5] {
        assert!(broken(|history| lose(history, 1, nth)).contains(&Rule::SlotsAreHandled), "{nth}");
    }
    assert_eq!(broken(|history| lose(history, 2, 0)), [Rule::SlotsAreHandled]);
}

#[test]
fn a_slot_that_was_put_off_beyond_a_change_must_be_in_a_row() {
    let gone = |history: &mut History| {
        for form in &mut history.schedules[0].forms {
            form.policy.jitter = Duration::from_millis(900);
        }
        // It came half a second before the change.
        lose(history, 0, 6);
    };
    assert_eq!(broken(gone), [Rule::SlotsAreHandled]);
    let left_out = broken(|history| {
        gone(history);
        history.schedules[0].fires.push(missed("steady", 10_000, 10_000, 10_500));
    });
    assert_eq!(left_out, []);
}

#[test]
fn a_slot_that_is_handled_twice_is_found() {
    let twice = broken(|history| {
        let (schedule, runs) = (&mut history.schedules[1], &mut history.runs);
        let mut again = fire("gaps", 11_000);
        (again.run, again.at) = (Some("again".to_owned()), at(14_900));
        runs.extend(run(&again));
        schedule.fires.push(again);
        schedule.counted += 1;
    });
    assert_eq!(twice, [Rule::SlotsAreHandledOnce]);
    // Once as a fire, and once among those that were missed.
    let missed = broken(|history| {
        history.schedules[1].fires[1].missed_until = Some(at(9_000));
        history.schedules[1].fires[1].missed = 8;
    });
    assert!(missed.contains(&Rule::SlotsAreHandledOnce));
}

#[test]
fn a_fire_at_a_time_that_is_no_slot_is_found() {
    // In a pause, between two slots, by a timing that it has no more, and after its end.
    for millis in [5_000, 8_500, 13_000, 15_000] {
        let found = broken(|history| {
            let fire = fire("steady", millis);
            history.runs.extend(run(&fire));
            history.arrivals.push(Arrival {
                path: format!("/fire/steady/{}", fire.slot.to_rfc3339()),
                effect_id: Some(fire.id.clone()),
                at: fire.at,
            });
            history.schedules[0].fires.push(fire);
            history.schedules[0].counted += 1;
        });
        assert_eq!(found, [Rule::RowsAreOfSlots], "{millis}");
    }
}

#[test]
fn missed_slots_that_are_miscounted_are_found() {
    let count = |missed| broken(|history| history.schedules[1].fires[1].missed = missed);
    assert_eq!(count(6), [Rule::MissedAreCounted]);
    assert_eq!(count(8), [Rule::MissedAreCounted]);
    let until = broken(|history| history.schedules[1].fires[1].missed_until = Some(at(7_000)));
    assert_eq!(until, [Rule::SlotsAreHandled, Rule::MissedAreCounted, Rule::MissedAsThePolicySays]);
}

#[test]
fn slots_that_were_missed_against_the_policy_are_found() {
    let early = broken(|history| history.schedules[1].fires[1].at = at(12_900));
    assert_eq!(early, [Rule::MissedAsThePolicySays]);
    let all_fire = broken(|history| {
        for form in &mut history.schedules[1].forms {
            form.policy.misfire = Misfire::FireAll { within: Duration::from_secs(3_600) };
        }
    });
    assert_eq!(all_fire, [Rule::MissedAsThePolicySays]);
    let nothing_makes_up = broken(|history| {
        for nth in (2..6).rev() {
            lose(history, 1, nth);
        }
        history.schedules[1].fires[1] = missed("gaps", 2_000, 12_000, 19_000);
    });
    assert_eq!(nothing_makes_up, [Rule::MissedAsThePolicySays]);
}

#[test]
fn a_slot_that_was_skipped_beside_nothing_is_found() {
    let alone = broken(|history| {
        lose(history, 0, 1);
        history.schedules[0].fires.push(without_run("steady", 2_000, "skipped"));
    });
    assert_eq!(alone, [Rule::SkippedForOverlap], "its policy lets runs overlap");
    let long_ago = broken(|history| {
        history.schedules[1].fires[3].at = at(60_000);
    });
    assert_eq!(long_ago, [Rule::SkippedForOverlap], "no run was under way any more");
}

#[test]
fn fires_beyond_those_allowed_are_found() {
    let fourth = broken(|history| {
        let fire = fire("few", 4_000);
        history.runs.extend(run(&fire));
        history.schedules[2].fires.push(fire);
        history.schedules[2].counted += 1;
    });
    assert_eq!(fourth, [Rule::FiresAreCounted]);
    assert_eq!(broken(|history| history.schedules[0].counted += 1), [Rule::FiresAreCounted]);
}

#[test]
fn what_did_not_come_to_an_end_is_found() {
    for status in ["queued", "running", "retrying"] {
        let found = broken(|history| status.clone_into(&mut history.schedules[0].fires[2].status));
        assert!(found.contains(&Rule::FiresEnd), "{status}: {found:?}");
    }
    assert_eq!(broken(|history| history.runs[2].ended = None), [Rule::FiresEnd]);
    let refused = broken(|history| "refused".clone_into(&mut history.schedules[0].fires[2].status));
    assert!(refused.contains(&Rule::NothingIsRefused));
}

#[test]
fn a_run_without_a_fire_and_a_fire_without_its_run_are_found() {
    let stray = broken(|history| {
        let stray = Run { id: "stray".to_owned(), ..history.runs[0].clone() };
        history.runs.push(stray);
    });
    assert_eq!(stray, [Rule::RunsAreOfOneFire]);
    let lost = broken(|history| drop(history.runs.remove(1)));
    assert_eq!(lost, [Rule::FiresHaveTheirRuns]);
    let unlinked = broken(|history| history.schedules[2].fires[0].run = None);
    assert_eq!(unlinked, [Rule::FiresHaveTheirRuns, Rule::RunsAreOfOneFire]);
    let shared = broken(|history| {
        let run = history.schedules[2].fires[0].run.clone();
        history.schedules[2].fires[1].run = run;
    });
    assert_eq!(shared, [Rule::RunsAreOfOneFire, Rule::RunsKnowTheirSlots]);
    let once = broken(|history| history.schedules[2].fires[2].attempts = 1);
    assert_eq!(once, [Rule::FiresHaveTheirRuns]);
}

#[test]
fn a_run_that_was_told_another_slot_is_found() {
    let other = broken(|history| history.runs[0].slot = Some(at(2_000)));
    assert_eq!(other, [Rule::RunsKnowTheirSlots]);
}

#[test]
fn runs_that_overlap_are_found() {
    let found = broken(|history| {
        let of = history.schedules[1].fires[4].run.clone();
        let run = history.runs.iter_mut().find(|run| Some(&run.id) == of.as_ref()).unwrap();
        run.ended = Some(at(14_700));
    });
    assert_eq!(found, [Rule::RunsDoNotOverlap]);
}

#[test]
fn a_fire_that_did_not_reach_its_target_once_is_found() {
    let never = broken(|history| drop(history.arrivals.remove(1)));
    let twice = broken(|history| {
        let other = Some("another".to_owned());
        let again = Arrival { effect_id: other, ..history.arrivals[1].clone() };
        history.arrivals.push(again);
    });
    let nothing = broken(|history| "/fire/steady/now".clone_into(&mut history.arrivals[4].path));
    assert_eq!([never, twice, nothing], [const { [Rule::TargetsAreReachedOnce] }; 3]);
}
