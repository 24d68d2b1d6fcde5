//! Events: a reader who resumed over all faults got each once, and together they are the journals.

use std::collections::{BTreeSet, HashMap};

use super::{Rule, Violation};
use crate::chaos::history::{Event, History};

/// The most differences that are told.
const TOLD: usize = 10;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = order("resumed", &history.watched);
    found.extend(order("read at the end", &history.replayed));
    found.extend(against_replay(history));
    found.extend(against_journals(history));
    found
}

fn order(which: &str, events: &[Event]) -> Vec<Violation> {
    let backwards = events.windows(2).filter(|two| two[0].position >= two[1].position);
    let violation = |two: &[Event]| {
        let what = format!("{which}: {} comes after {}", two[1].position, two[0].position);
        Violation::new(Rule::EventsComeOnce, &two[1].run_id, what)
    };
    backwards.map(violation).take(TOLD).collect()
}

/// What the reader got as it happened is what is read later.
fn against_replay(history: &History) -> Vec<Violation> {
    let by_position = |events: &[Event]| -> HashMap<i64, Event> {
        events.iter().map(|event| (event.position, event.clone())).collect()
    };
    let (watched, replayed) = (by_position(&history.watched), by_position(&history.replayed));
    let positions: BTreeSet<i64> = watched.keys().chain(replayed.keys()).copied().collect();
    let differ = |position: &i64| watched.get(position) != replayed.get(position);
    let violation = |position: i64| {
        let (then, now) = (watched.get(&position), replayed.get(&position));
        let of = then.or(now).map_or("", |event| &event.run_id);
        let what = format!("position {position} came as {then:?} and is now {now:?}");
        Violation::new(Rule::EventsComeOnce, of, what)
    };
    positions.into_iter().filter(differ).map(violation).take(TOLD).collect()
}

fn against_journals(history: &History) -> Vec<Violation> {
    let mut told: HashMap<(&str, u32), u32> = HashMap::new();
    for event in &history.replayed {
        *told.entry((&event.run_id, event.seq)).or_default() += 1;
    }
    let mut found = Vec::new();
    for run in &history.runs {
        for entry in &run.journal {
            let times = told.remove(&(run.id.as_str(), entry.seq)).unwrap_or(0);
            if times != 1 {
                let what = format!("entry {} came {times} times", entry.seq);
                found.push(Violation::new(Rule::EventsAreTheJournals, &run.id, what));
            }
        }
    }
    let unknown = told.into_keys().map(|(run, seq)| {
        Violation::new(Rule::EventsAreTheJournals, run, format!("entry {seq} is in no journal"))
    });
    found.extend(unknown);
    found.truncate(TOLD);
    found
}
