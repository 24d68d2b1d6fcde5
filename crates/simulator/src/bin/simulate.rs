//! `simulate`: runs many seeds on several threads, and prints each that breaks an invariant.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use clap::{Parser, ValueEnum};
use gathering_simulator::{
    Agents, History, Pipelines, Report, Sabotage, Toy, Violation, Workload, simulate,
};

/// How many failing seeds are told in full.
const MAX_TOLD: u64 = 5;

/// How many different pipelines the runs are drawn from.
const PIPELINES: u64 = 400;

/// How many seeds a thread takes at once.
const BATCH: u64 = 256;

/// Simulates durable work under faults, one seed after the other.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 100_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Which runs are simulated.
    #[arg(long, value_enum, default_value_t = MachineChoice::Toy)]
    machine: MachineChoice,
    /// Which promise is broken: none, skip-sync, skip-fence, act-before-log, ack-before-commit or
    /// drop-notification.
    #[arg(long, default_value = "none")]
    sabotage: Sabotage,
    /// How many threads.
    #[arg(long, default_value_t = 2)]
    threads: u64,
    /// Prints everything that happens.
    #[arg(long)]
    trace: bool,
}

/// A workload, by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MachineChoice {
    /// Random programs over every decision.
    Toy,
    /// Random pipelines, with turns of agents in them.
    Pipeline,
    /// Turns of random agents.
    Agent,
}

impl MachineChoice {
    fn workload(self) -> Box<dyn Workload> {
        match self {
            Self::Toy => Box::new(Toy),
            Self::Pipeline => Box::new(Pipelines::new(PIPELINES)),
            Self::Agent => Box::new(Agents::new()),
        }
    }
}

/// Sums over all threads.
#[derive(Debug, Default)]
struct Totals {
    next: AtomicU64,
    failed: AtomicU64,
    events: AtomicU64,
    entries: AtomicU64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let totals = Totals { next: AtomicU64::new(arguments.from), ..Totals::default() };
    thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| work(&arguments, &totals));
        }
    });
    let failed = totals.failed.load(Ordering::Relaxed);
    say(&format!(
        "{} seeds from {}: {failed} broke an invariant; {} events, {} entries",
        arguments.seeds,
        arguments.from,
        totals.events.load(Ordering::Relaxed),
        totals.entries.load(Ordering::Relaxed),
    ));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn work(arguments: &Arguments, totals: &Totals) {
    let workload = arguments.machine.workload();
    let end = arguments.from.saturating_add(arguments.seeds);
    loop {
        let first = totals.next.fetch_add(BATCH, Ordering::Relaxed);
        if first >= end {
            return;
        }
        for seed in first..end.min(first + BATCH) {
            let report = simulate_or_tell(workload.as_ref(), seed, arguments);
            totals.events.fetch_add(u64::from(report.events), Ordering::Relaxed);
            let entries: usize = report.history.journals.values().map(Vec::len).sum();
            totals.entries.fetch_add(entries as u64, Ordering::Relaxed);
            tell(seed, &report, totals);
        }
    }
}

/// A panic is a broken invariant like any other, and must not hide its seed.
fn simulate_or_tell(workload: &dyn Workload, seed: u64, arguments: &Arguments) -> Report {
    let simulated = AssertUnwindSafe(|| {
        let listener = arguments.trace.then_some(&say as &dyn Fn(&str));
        simulate(workload, seed, arguments.sabotage, listener)
    });
    catch_unwind(simulated).unwrap_or_else(|_| Report {
        violations: vec![Violation::new("no_panic", None, "it panicked")],
        events: 0,
        history: History::default(),
    })
}

fn tell(seed: u64, report: &Report, totals: &Totals) {
    if report.violations.is_empty() {
        return;
    }
    if totals.failed.fetch_add(1, Ordering::Relaxed) < MAX_TOLD {
        for violation in &report.violations {
            say(&format!("seed {seed}: {violation}"));
        }
        say(&format!("to see it: simulate --from {seed} --seeds 1 --trace"));
    }
}

#[expect(clippy::print_stdout, reason = "a command line program answers on its standard output")]
fn say(line: &str) {
    println!("{line}");
}
