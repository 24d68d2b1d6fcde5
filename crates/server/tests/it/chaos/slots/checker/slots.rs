//! Slots: each is in one row, and became what the policy says.

use std::collections::{BTreeMap, HashMap};

use gathering_domain::{Duration, Timestamp};
use gathering_schedules::{Misfire, Overlap, PATIENCE};

use super::{Counts, Rule, Violation, line::Line};
use crate::chaos::slots::history::{Fire, Schedule};

/// For how long an instance may hold on to what it knew of runs: it may be paused before it writes.
const STALE: Duration = Duration::from_secs(20);

/// When runs ended.
type Ends<'a> = HashMap<&'a str, Option<Timestamp>>;

pub(super) fn check(schedule: &Schedule, ends: &Ends<'_>, counts: &mut Counts) -> Vec<Violation> {
    let lines = Line::all(schedule);
    let mut found = Vec::new();
    let mut find = |rule, what: String| found.push(Violation::new(rule, &schedule.name, what));
    let mut handled: BTreeMap<Timestamp, (usize, &Fire)> = BTreeMap::new();
    for fire in schedule.fires.iter().filter(|fire| !fire.manual) {
        // Of two forms that may have handled it, the later one did if it could.
        let Some(nth) = lines.iter().rposition(|line| line.has(fire.slot)) else {
            find(Rule::RowsAreOfSlots, format!("{fire:?}"));
            continue;
        };
        for slot in covered(&lines[nth], fire, &mut find) {
            if let Some((_, earlier)) = handled.insert(slot, (nth, fire)) {
                find(Rule::SlotsAreHandledOnce, format!("{earlier:?} and {fire:?}"));
            }
        }
        policy(&lines[nth], schedule, fire, ends, &mut find);
    }
    for (nth, line) in lines.iter().enumerate() {
        for slot in wanted(nth, line, &handled) {
            counts.slots += 1;
            if !handled.contains_key(&slot) {
                find(Rule::SlotsAreHandled, format!("{} is in no row", slot.to_rfc3339()));
            }
        }
    }
    for (_, fire) in handled.values() {
        match fire.status.as_str() {
            "skipped" => counts.skipped += 1,
            "missed" => counts.missed += 1,
            _ => counts.fired += 1,
        }
    }
    counts.by_hand += schedule.fires.iter().filter(|fire| fire.manual).count() as u64;
    made_up_for(&lines, &handled, &mut find);
    numbers(schedule, &mut find);
    found
}

/// The slots that a row is of.
fn covered(line: &Line<'_>, fire: &Fire, find: &mut impl FnMut(Rule, String)) -> Vec<Timestamp> {
    if fire.status != "missed" {
        return vec![fire.slot];
    }
    let mut slots = vec![fire.slot];
    slots.extend(line.slots(fire.slot, fire.missed_until.unwrap_or(fire.slot)));
    if slots.len() as u64 != fire.missed || slots.last().copied() != fire.missed_until {
        find(Rule::MissedAreCounted, format!("{} slots are in {fire:?}", slots.len()));
    }
    slots
}

/// The slots of a line that must be in a row.
fn wanted(
    nth: usize,
    line: &Line<'_>,
    handled: &BTreeMap<Timestamp, (usize, &Fire)>,
) -> Vec<Timestamp> {
    // Where the form before went on for a moment, this one begins after it.
    let before = handled.iter().filter(|(_, (by, _))| *by < nth).map(|(slot, _)| *slot);
    let after = before.max().map_or(line.after, |last| last.max(line.after));
    // Also what was put off beyond the end of the line is in a row: it was missed by the change.
    let mut slots = line.slots(after, line.until);
    // What follows the last fire of those that are allowed is no slot any more.
    if let Some(most) = line.policy.max_fires {
        let mut fired = handled.iter().filter(|(_, (_, fire))| fire.fired()).map(|(slot, _)| *slot);
        if let Some(last) = fired.nth(usize::try_from(most).unwrap() - 1) {
            slots.retain(|slot| *slot <= last);
        }
    }
    slots
}

/// Whether a row is what the policy makes of its slot.
fn policy(
    line: &Line<'_>,
    schedule: &Schedule,
    fire: &Fire,
    ends: &Ends<'_>,
    find: &mut impl FnMut(Rule, String),
) {
    match fire.status.as_str() {
        "missed" => {
            let until = fire.missed_until.unwrap_or(fire.slot);
            let by_change = line.was_changed && fire.at == line.until;
            let keeps = matches!(line.policy.misfire, Misfire::FireAll { .. });
            if !by_change && (keeps || fire.at <= until + PATIENCE) {
                find(Rule::MissedAsThePolicySays, format!("{fire:?}"));
            }
        }
        "skipped" => {
            // Of several at once only the last starts where it would cancel the others.
            let superseded = line.policy.overlap == Overlap::CancelPrevious;
            let under_way = |other: &Fire| {
                let ended = other.run.as_deref().map(|run| ends.get(run).copied().flatten());
                let lasted = ended.is_some_and(|at| at.is_none_or(|at| at + STALE >= fire.at));
                other.at <= fire.at && lasted
            };
            let has_cause = || schedule.fires.iter().any(under_way);
            if line.policy.overlap == Overlap::Allow || (!superseded && !has_cause()) {
                find(Rule::SkippedForOverlap, format!("{fire:?}"));
            }
        }
        "refused" => find(Rule::NothingIsRefused, format!("{fire:?}")),
        "ended" => {}
        _ => find(Rule::FiresEnd, format!("{fire:?}")),
    }
}

/// Where one fire makes up for those that were missed, it follows them.
fn made_up_for(
    lines: &[Line<'_>],
    handled: &BTreeMap<Timestamp, (usize, &Fire)>,
    find: &mut impl FnMut(Rule, String),
) {
    for (nth, fire) in handled.values().filter(|(_, fire)| fire.status == "missed") {
        let line = &lines[*nth];
        let by_change = line.was_changed && fire.at == line.until;
        if !matches!(line.policy.misfire, Misfire::FireOnce {}) || by_change {
            continue;
        }
        let next = fire.missed_until.and_then(|until| line.next(until));
        let follows = next.and_then(|next| handled.get(&next));
        if follows.is_none() {
            find(Rule::MissedAsThePolicySays, format!("nothing makes up for {fire:?}"));
        }
    }
}

fn numbers(schedule: &Schedule, find: &mut impl FnMut(Rule, String)) {
    let fired = schedule.fires.iter().filter(|fire| !fire.manual && fire.fired()).count() as u64;
    if fired != schedule.counted {
        find(Rule::FiresAreCounted, format!("{fired} have fired, it says {}", schedule.counted));
    }
    let most = schedule.forms.iter().filter_map(|form| form.policy.max_fires).max();
    if let Some(most) = most.filter(|most| fired > *most) {
        find(Rule::FiresAreCounted, format!("{fired} have fired, {most} may"));
    }
}
