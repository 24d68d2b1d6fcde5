//! What a chaos test tells: how far it is, its figures, and what it found.

use std::{collections::BTreeMap, fmt::Write as _, sync::atomic::Ordering, time::Duration};

use super::{
    checker::Violation,
    client::Client,
    fleet::Fleet,
    history::{History, Run},
    notes::Notes,
    plan::Plan,
};

/// The most violations that are shown with their journals.
const SHOWN: usize = 5;

/// Says something to whoever watches the test.
pub(crate) fn say(text: &str) {
    #[expect(clippy::print_stderr, reason = "a long test tells how it goes, and its seed")]
    for line in text.lines() {
        eprintln!("chaos: {line}");
    }
}

/// Says what happened in a test.
pub(crate) fn figures(
    plan: &Plan,
    fleet: &Fleet,
    client: &Client,
    notes: &Notes,
    history: &History,
    took: Duration,
) {
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    let mut titles: BTreeMap<String, u32> = BTreeMap::new();
    for run in &history.runs {
        *titles.entry(format!("{} {}", run.title, run.status)).or_default() += 1;
    }
    let entries: usize = history.runs.iter().map(|run| run.journal.len()).sum();
    let lost = |run: &Run| {
        let is_lost = |code: &Option<String>| code.as_deref() == Some("attempt_lost");
        run.journal.iter().filter(|entry| is_lost(&entry.code)).count()
    };
    let lost: usize = history.runs.iter().map(lost).sum();
    let resent = history.verdicts.iter().filter(|verdict| !verdict.done).count();
    say(&format!(
        "{} {} with seed {} in {:.0} s\n\
         {} starts, {} kills, {} pauses\n\
         {} runs, {entries} entries: {titles:?}\n\
         {} requests, {} without an answer, {} not served\n\
         {} requests at the target, {lost} unsafe attempts lost, \
         {} unknown outcomes, {resent} of them to be sent again\n\
         {} events, resumed {} times",
        plan.faults,
        plan.name,
        plan.seed,
        took.as_secs_f64(),
        fleet.starts,
        fleet.kills,
        fleet.pauses,
        history.runs.len(),
        count(&client.asked),
        count(&client.unanswered),
        count(&client.unserved),
        history.arrivals.len(),
        history.verdicts.len(),
        history.watched.len(),
        notes.resumed.lock().unwrap(),
    ));
}

/// What was found, with the journals that it is about.
pub(crate) fn violations(found: &[Violation], history: &History) -> String {
    let mut text = format!("{} violations\n", found.len());
    for violation in found {
        let _ = writeln!(text, "{:?} {}: {}", violation.rule, violation.of, violation.what);
    }
    for violation in found.iter().take(SHOWN) {
        let of = |run: &&Run| {
            let named = |name: &str| !name.is_empty() && violation.of.contains(name);
            named(&run.id) || run.token.as_deref().is_some_and(named)
        };
        for run in history.runs.iter().filter(of) {
            let _ = writeln!(text, "\n{:?}\n{}", violation, journal(run));
        }
        for arrival in history.arrivals.iter().filter(|one| violation.of == one.path) {
            let _ = writeln!(text, "{} {arrival:?}", arrival.at.to_rfc3339());
        }
        for verdict in history.verdicts.iter().filter(|one| violation.of == one.path) {
            let _ = writeln!(text, "{verdict:?}");
        }
    }
    text
}

fn journal(run: &Run) -> String {
    let mut text = format!("{} {} {} {:?}", run.id, run.title, run.status, run.token);
    for entry in &run.journal {
        let words = [&entry.key, &entry.effect, &entry.next, &entry.code];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        let attempt = entry.attempt.map(|attempt| format!("attempt {attempt}"));
        let _ = write!(
            text,
            "\n  {:3} {} {} {} {}",
            entry.seq,
            entry.at.to_rfc3339(),
            entry.kind,
            words.join(" "),
            attempt.unwrap_or_default()
        );
    }
    text
}
