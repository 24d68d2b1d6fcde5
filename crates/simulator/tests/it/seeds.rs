//! Seeds: they hold, they reproduce, and together they reach everything that can happen.

use std::collections::BTreeSet;

use gathering_engine::{EntryBody, LedgerState, Limit, Next};
use gathering_simulator::{Agents, Pipelines, Sabotage, Toy, Workload, simulate};

/// How many seeds the short form runs; the long form is `simulate --seeds 1000000`.
const SHORT: u64 = 3_000;

/// How many seeds of the real machines the short form runs, which take longer.
const SHORT_OF_REAL: u64 = 600;

/// How many different pipelines the short form draws from.
const PIPELINES: u64 = 100;

#[test]
fn no_seed_breaks_an_invariant() {
    no_violation(&Toy, SHORT);
}

#[test]
fn no_seed_of_pipelines_breaks_an_invariant() {
    no_violation(&Pipelines::new(PIPELINES), SHORT_OF_REAL);
}

#[test]
fn no_seed_of_agents_breaks_an_invariant() {
    no_violation(&Agents::new(), SHORT_OF_REAL);
}

fn no_violation(workload: &dyn Workload, seeds: u64) {
    for seed in 0..seeds {
        let report = simulate(workload, seed, Sabotage::None, None);
        let told: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "seed {seed}: {told:#?}");
    }
}

#[test]
fn a_seed_reproduces() {
    for seed in 0..200 {
        let (one, other) = (
            simulate(&Toy, seed, Sabotage::None, None),
            simulate(&Toy, seed, Sabotage::None, None),
        );
        assert_eq!(one.events, other.events, "seed {seed}");
        assert_eq!(one.history.journals, other.history.journals, "seed {seed}");
    }
}

#[test]
fn the_seeds_reach_everything_that_can_happen() {
    let mut seen = BTreeSet::new();
    for seed in 0..SHORT / 2 {
        let history = simulate(&Toy, seed, Sabotage::None, None).history;
        for entry in history.journals.values().flatten() {
            seen.insert(entry.body.kind().to_owned());
            match &entry.body {
                EntryBody::AttemptFailed(failed) => {
                    let next = match failed.next {
                        Next::Retry { .. } => "retry",
                        Next::Postpone { .. } => "postpone",
                        Next::Reconcile => "reconcile",
                        Next::ReconcileLater { .. } => "reconcile later",
                        Next::Ask => "ask",
                        Next::Abandon if failed.never_began() => "abandon unbegun",
                        Next::Abandon => "abandon",
                    };
                    seen.insert(format!("next: {next}, {}", failed.error.code));
                }
                EntryBody::LimitReached { limit, .. } => {
                    seen.insert(format!("limit: {limit:?}"));
                }
                EntryBody::RunFinished(outcome) => {
                    seen.insert(format!("status: {}", outcome.status.as_str()));
                    let code = outcome.error.as_ref().map_or("none", |error| &error.code);
                    seen.insert(format!("end: {code}"));
                }
                EntryBody::RunStarted(started) => {
                    seen.insert(format!("trigger: {}", started.trigger));
                    seen.insert(format!("depth: {}", started.origin.depth));
                    if started.origin.retry_of.is_some() && started.origin.parent.is_some() {
                        seen.insert("retried child".to_owned());
                    }
                }
                EntryBody::EffectSettled(settled) if settled.settled_by.is_some() => {
                    seen.insert("settled by a person".to_owned());
                }
                _ => {}
            }
        }
        for state in history.projections.values().flat_map(|run| run.ledger.values()) {
            seen.insert(format!("ledger: {}", state.as_str()));
        }
    }
    let entries = [
        "run_started",
        "effect_attempted",
        "attempt_failed",
        "effect_settled",
        "timer_set",
        "timer_fired",
        "signal_awaited",
        "signal_received",
        "child_started",
        "child_settled",
        "event_emitted",
        "limit_reached",
        "cancel_requested",
        "run_finished",
    ];
    let others = [
        "next: retry, refused",
        "next: retry, timeout",
        "next: retry, not_done",
        "next: retry, target_not_done",
        "next: reconcile later, not_done_yet",
        "next: postpone, breaker_open",
        "next: reconcile, timeout",
        "next: reconcile, attempt_lost",
        "next: ask, timeout",
        "next: ask, attempt_lost",
        "next: ask, unreachable",
        "next: abandon, abandoned",
        "status: succeeded",
        "status: failed",
        "status: cancelled",
        "status: timed_out",
        "end: node_failed",
        "end: limited",
        "end: early",
        "trigger: manual",
        "trigger: parent",
        "trigger: retry",
        "depth: 0",
        "depth: 1",
        "depth: 2",
        "retried child",
        "settled by a person",
        "ledger: done",
        "ledger: failed",
        "ledger: unknown",
        "ledger: not_done",
    ];
    let limits = [Limit::Timeout, Limit::Cost, Limit::Attempts, Limit::Recoveries];
    let limits = limits.map(|limit| format!("limit: {limit:?}"));
    let wanted = entries.into_iter().chain(others).map(str::to_owned).chain(limits);
    let missing: Vec<String> = wanted.filter(|what| !seen.contains(what)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}; happened: {seen:#?}");
    assert!(!seen.contains(&format!("ledger: {}", LedgerState::Attempted.as_str())));
}
