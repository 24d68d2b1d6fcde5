//! Every rule can be broken: histories made by hand, each with one fault.

use gathering_domain::Timestamp;

use super::{Rule, check};
use crate::chaos::history::{Accepted, Arrival, Entry, Event, History, Run, Verdict};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(millis * 1_000)
}

fn entry(kind: &str, key: Option<&str>, millis: i64) -> Entry {
    Entry {
        seq: 0,
        at: at(millis),
        kind: kind.to_owned(),
        key: key.map(str::to_owned),
        attempt: None,
        effect: None,
        next: None,
        code: None,
    }
}

fn attempted(key: &str, effect: &str, attempt: u32, millis: i64) -> Entry {
    let (attempt, effect) = (Some(attempt), Some(effect.to_owned()));
    Entry { attempt, effect, ..entry("effect_attempted", Some(key), millis) }
}

fn failed(key: &str, attempt: u32, next: &str, code: &str, millis: i64) -> Entry {
    let (next, code) = (Some(next.to_owned()), Some(code.to_owned()));
    Entry { attempt: Some(attempt), next, code, ..entry("attempt_failed", Some(key), millis) }
}

fn settled(key: &str, millis: i64) -> Entry {
    entry("effect_settled", Some(key), millis)
}

fn arrival(path: &str, millis: i64) -> Arrival {
    Arrival { path: path.to_owned(), effect_id: None, at: at(millis) }
}

fn verdict(done: bool, seen: usize) -> Verdict {
    Verdict {
        run_id: "run_a".to_owned(),
        key: "node:charge".to_owned(),
        attempt: 1,
        path: "/unsafe/t/charge".to_owned(),
        done,
        seen,
    }
}

/// A run that called the target twice, once of it in an unsafe way, and started another one.
fn world() -> History {
    let between = vec![
        attempted("node:charge", "unsafe", 1, 1),
        settled("node:charge", 20),
        settled("node:put", 30),
        settled("node:spawn", 40),
    ];
    let mut history = History {
        accepted: vec![Accepted { key: "t".to_owned(), run_id: "run_a".to_owned() }],
        runs: vec![run("run_a", "manual", between)],
        arrivals: vec![arrival("/unsafe/t/charge", 10), arrival("/repeatable/t/put", 15)],
        ..History::default()
    };
    history.runs.push(run("run_b", "run", Vec::new()));
    tell(&mut history);
    history
}

fn run(id: &str, trigger: &str, between: Vec<Entry>) -> Run {
    let mut journal = vec![entry("run_started", None, 0)];
    journal.extend(between);
    journal.push(entry("run_finished", None, 1_000));
    number(&mut journal);
    Run {
        id: id.to_owned(),
        trigger: trigger.to_owned(),
        title: "effects".to_owned(),
        status: "succeeded".to_owned(),
        token: Some("t".to_owned()),
        journal,
    }
}

fn number(journal: &mut [Entry]) {
    for (place, entry) in (0..).zip(journal) {
        entry.seq = place;
    }
}

/// Tells of every entry, twice over.
fn tell(history: &mut History) {
    let entries =
        history.runs.iter().flat_map(|run| run.journal.iter().map(move |entry| (run, entry)));
    let event = |(position, (run, entry)): (i64, (&Run, &Entry))| Event {
        position,
        of_type: entry.kind.clone(),
        run_id: run.id.clone(),
        seq: entry.seq,
    };
    history.watched = (1..).zip(entries).map(event).collect();
    history.replayed = history.watched.clone();
}

/// The rules that are broken once the sound history has been changed.
fn broken(change: impl FnOnce(&mut History)) -> Vec<Rule> {
    let mut history = world();
    change(&mut history);
    let mut rules: Vec<Rule> = check(&history).into_iter().map(|found| found.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// The rules that are broken once the first run's journal has been changed, and everybody told so.
fn broken_by(change: impl FnOnce(&mut Vec<Entry>)) -> Vec<Rule> {
    broken(|history| {
        change(&mut history.runs[0].journal);
        number(&mut history.runs[0].journal);
        tell(history);
    })
}

#[test]
fn a_sound_history_breaks_no_rule() {
    assert_eq!(broken(|_| ()), []);
}

#[test]
fn a_lost_run_is_found() {
    let lost = Accepted { key: "u".to_owned(), run_id: "run_c".to_owned() };
    assert_eq!(broken(|history| history.accepted.push(lost)), [Rule::NoRunIsLost]);
}

#[test]
fn a_second_run_for_one_start_is_found() {
    let twice = broken(|history| {
        history.runs.push(run("run_c", "manual", Vec::new()));
        tell(history);
    });
    assert_eq!(twice, [Rule::OneRunForOneStart]);
    let other = Accepted { key: "t".to_owned(), run_id: "run_b".to_owned() };
    assert_eq!(broken(|history| history.accepted.push(other)), [Rule::OneRunForOneStart]);
    let started_twice = broken(|history| {
        history.runs.push(run("run_c", "run", Vec::new()));
        tell(history);
    });
    assert_eq!(started_twice, [Rule::OneRunForOneStart]);
}

#[test]
fn a_run_without_an_end_is_found() {
    let no_end = broken(|history| {
        history.runs[0].status = "waiting".to_owned();
        history.runs[0].journal.pop();
        tell(history);
    });
    assert_eq!(no_end, [Rule::EveryRunEnds]);
    let failed = broken(|history| history.runs[0].status = "failed".to_owned());
    assert_eq!(failed, [Rule::FaultsFailNoRun]);
}

#[test]
fn a_gap_in_a_journal_is_found() {
    let gap = broken(|history| {
        history.runs[0].journal.remove(3);
        tell(history);
    });
    assert_eq!(gap, [Rule::JournalsHaveNoGap]);
    let after_the_end = broken_by(|journal| journal.push(entry("timer_set", Some("a"), 1)));
    assert_eq!(after_the_end, [Rule::JournalsHaveNoGap]);
}

#[test]
fn a_repeated_node_is_found() {
    let settled_twice = broken_by(|journal| journal.insert(3, settled("node:charge", 25)));
    assert_eq!(settled_twice, [Rule::SettledIsSettled]);
    let attempted_again =
        broken_by(|journal| journal.insert(4, attempted("node:put", "idempotent", 2, 25)));
    assert_eq!(attempted_again, [Rule::SettledIsSettled]);
    let same_again =
        broken_by(|journal| journal.insert(2, attempted("node:charge", "unsafe", 1, 5)));
    assert_eq!(same_again, [Rule::AttemptsFollowFailures]);
    let delivered_again =
        broken(|history| history.arrivals.push(arrival("/repeatable/t/put", 500)));
    assert_eq!(delivered_again, [Rule::NothingIsDeliveredLate]);
    // A process that was paused may still have it under way.
    let paused = broken(|history| {
        history.arrivals.push(arrival("/repeatable/t/put", 500));
        history.pauses = true;
    });
    assert_eq!(paused, []);
}

#[test]
fn an_unsafe_effect_that_is_fired_twice_is_found() {
    let twice = |history: &mut History| history.arrivals.push(arrival("/unsafe/t/charge", 15));
    assert_eq!(broken(twice), [Rule::UnsafeIsDeliveredOnce, Rule::LoggedBeforeDelivered]);
    // The same with a journal that says why.
    let asked = |said: &'static str| {
        move |journal: &mut Vec<Entry>| {
            let between = [
                failed("node:charge", 1, "ask", "attempt_lost", 5),
                failed("node:charge", 1, "retry", said, 6),
                attempted("node:charge", "unsafe", 2, 7),
            ];
            journal.splice(2..2, between);
        }
    };
    let with = |said: &'static str, verdicts: Vec<Verdict>| {
        broken(move |history| {
            asked(said)(&mut history.runs[0].journal);
            number(&mut history.runs[0].journal);
            twice(history);
            history.verdicts = verdicts;
            tell(history);
        })
    };
    assert_eq!(with("not_done", vec![verdict(false, 1)]), [], "a person was wrong");
    let right = vec![verdict(false, 0)];
    assert_eq!(with("not_done", right), [Rule::UnsafeIsDeliveredOnce], "a person was right");
    let nobody = [Rule::AttemptsFollowFailures, Rule::UnsafeIsDeliveredOnce];
    assert!(with("timeout", Vec::new()).iter().any(|rule| nobody.contains(rule)));
}

#[test]
fn an_attempt_that_nobody_asked_about_is_found() {
    let lost = |journal: &mut Vec<Entry>| {
        journal.insert(2, attempted("node:charge", "unsafe", 2, 5));
    };
    assert_eq!(broken_by(lost), [Rule::PeopleAreAsked]);
    let may_be_repeated = |journal: &mut Vec<Entry>| {
        let attempts = [1, 2].map(|attempt| attempted("node:put", "idempotent", attempt, 5));
        journal.splice(1..1, attempts);
    };
    assert_eq!(broken_by(may_be_repeated), []);
}

#[test]
fn an_effect_that_never_came_is_found() {
    let never = |history: &mut History| drop(history.arrivals.remove(0));
    assert_eq!(broken(never), [Rule::SettledIsDelivered]);
}

#[test]
fn an_effect_before_its_entry_is_found() {
    let unlogged = broken_by(|journal| drop(journal.remove(1)));
    assert_eq!(unlogged, [Rule::LoggedBeforeDelivered]);
}

#[test]
fn an_effect_under_two_ids_is_found() {
    let two = Arrival { effect_id: Some("eff_2".to_owned()), ..arrival("/repeatable/t/put", 16) };
    assert_eq!(broken(|history| history.arrivals.push(two)), [Rule::EffectsKeepTheirIds]);
}

#[test]
fn a_missing_a_doubled_and_a_changed_position_are_found() {
    let missing = |history: &mut History| drop(history.watched.remove(2));
    assert_eq!(broken(missing), [Rule::EventsComeOnce]);
    let twice = |history: &mut History| {
        let again = history.watched[2].clone();
        history.watched.insert(3, again);
    };
    assert_eq!(broken(twice), [Rule::EventsComeOnce]);
    let changed = |history: &mut History| history.watched[2].seq = 77;
    assert_eq!(broken(changed), [Rule::EventsComeOnce]);
}

#[test]
fn a_stream_that_is_not_the_journals_is_found() {
    let nowhere = |history: &mut History| {
        for events in [&mut history.watched, &mut history.replayed] {
            drop(events.pop());
        }
    };
    assert_eq!(broken(nowhere), [Rule::EventsAreTheJournals]);
    let rolled_back = |history: &mut History| {
        let ghost = Event { position: 99, seq: 9, ..history.watched[0].clone() };
        history.watched.push(ghost.clone());
        history.replayed.push(ghost);
    };
    assert_eq!(broken(rolled_back), [Rule::EventsAreTheJournals]);
}
