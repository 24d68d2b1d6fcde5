//! The progress of a run on standard error: a redrawn tree for a person, a line per change otherwise.

use std::{collections::HashMap, io::Write as _};

use gathering_app::runs::RunNodes;
use gathering_domain::{NodeStatus, Timestamp};

use super::tree::{self, Look};

/// Rows of the terminal where it does not say.
const USUAL_ROWS: usize = 24;
/// Rows that are left to what stands around the tree.
const OTHER_ROWS: usize = 3;

/// Shows how a run goes on.
pub(crate) enum Progress {
    /// Nothing: the events themselves are told.
    Silent,
    /// A line for each change, for files and pipes.
    Lines {
        /// How each node stood when it was last told.
        told: HashMap<String, (NodeStatus, usize)>,
        /// What was told last of money that the run waits for.
        waits: Option<String>,
    },
    /// A tree that is drawn over itself.
    Tree {
        /// Lines drawn last, above the cursor.
        drawn: usize,
        /// What was told last of money that the run waits for.
        waits: Option<String>,
    },
}

impl Progress {
    /// For people who look, or for a pipe.
    pub(crate) fn new(json: bool, watched: bool) -> Self {
        match (json, watched) {
            (true, _) => Self::Silent,
            (false, true) => Self::Tree { drawn: 0, waits: None },
            (false, false) => Self::Lines { told: HashMap::new(), waits: None },
        }
    }

    /// Whether more than events changes what is shown: a tree tells durations, and nothing is in a
    /// journal of a wait for money.
    pub(crate) const fn ticks(&self) -> bool {
        !matches!(self, Self::Silent)
    }

    /// Shows how the run stands.
    pub(crate) fn show(&mut self, run: &RunNodes, now: Timestamp) {
        match self {
            Self::Silent => {}
            Self::Lines { told, waits } => write(&(lines(told, run, now) + &news(waits, run))),
            Self::Tree { drawn, waits } => *drawn = draw(*drawn, &news(waits, run), run, now),
        }
    }

    /// Leaves what is drawn as it is: something else is written below.
    pub(crate) const fn pause(&mut self) {
        if let Self::Tree { drawn, .. } = self {
            *drawn = 0;
        }
    }
}

/// What of the nodes was not told yet.
fn lines(
    told: &mut HashMap<String, (NodeStatus, usize)>,
    run: &RunNodes,
    now: Timestamp,
) -> String {
    let width = tree::width(run);
    let mut text = String::new();
    for node in &run.nodes {
        let state = (node.status, node.items.map_or(0, |items| items.ended));
        if node.status != NodeStatus::Pending && told.get(&node.id) != Some(&state) {
            told.insert(node.id.clone(), state);
            text.push_str(&tree::line(node, width, now, Look { colour: false }));
            text.push('\n');
        }
    }
    text
}

/// The line about money that the run waits for, once for each wait.
fn news(told: &mut Option<String>, run: &RunNodes) -> String {
    let waits = tree::waits(run.run.id, run.run.waiting, &run.unfinished);
    let line = waits.as_ref().filter(|_| waits != *told).map(|waits| format!("{waits}\n"));
    *told = waits;
    line.unwrap_or_default()
}

/// Draws over the lines of the last time, below news that stay, and tells how many there are now.
fn draw(drawn: usize, news: &str, run: &RunNodes, now: Timestamp) -> usize {
    let mut lines = tree::lines(run, now, Look { colour: true });
    let room = rows().saturating_sub(OTHER_ROWS).max(1);
    // What cannot be scrolled back to cannot be drawn over: the end is what goes on.
    if lines.len() > room {
        lines.drain(..lines.len() - room);
    }
    let total = tree::used(&run.usage);
    if !total.is_empty() {
        lines.push(format!("  \u{1b}[90m{total} in all\u{1b}[0m"));
    }
    let up = if drawn == 0 { String::new() } else { format!("\u{1b}[{drawn}A") };
    // Long lines are cut by the terminal (?7l), so that a line stays a line.
    write(&format!("{up}\u{1b}[J{news}\u{1b}[?7l{}\n\u{1b}[?7h", lines.join("\n")));
    lines.len()
}

fn rows() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    size.ok().map(|size| usize::from(size.ws_row)).filter(|rows| *rows > 0).unwrap_or(USUAL_ROWS)
}

/// Writes to standard error. A reader that has gone away is no reason to fail.
fn write(text: &str) {
    let mut to = std::io::stderr();
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
