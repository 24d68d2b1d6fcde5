//! A run as lines for the terminal: its nodes, where each is, how long it took, what it used.

use std::fmt::Write as _;

use gathering_app::runs::{ItemsView, NodeView, RunNodes, Unfinished};
use gathering_domain::{Duration, NodeStatus, RunId, Timestamp, Usage, Waiting};

use crate::output::plain;

/// The longest note behind a node, in characters.
const NOTE_CHARS: usize = 72;

/// How lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// With ANSI colours.
    pub(crate) colour: bool,
}

/// The lines of a run, one a node.
pub(crate) fn lines(run: &RunNodes, now: Timestamp, look: Look) -> Vec<String> {
    let width = width(run);
    run.nodes.iter().map(|node| line(node, width, now, look)).collect()
}

/// How wide the names of the nodes are.
pub(crate) fn width(run: &RunNodes) -> usize {
    run.nodes.iter().map(|node| node.id.chars().count()).max().unwrap_or(0)
}

/// One node as a line.
pub(crate) fn line(node: &NodeView, width: usize, now: Timestamp, look: Look) -> String {
    let (mark, colour) = mark(node.status);
    let mark =
        if look.colour { format!("\u{1b}[{colour}m{mark}\u{1b}[0m") } else { mark.to_owned() };
    let mut line = format!("{mark} {:<width$}  {:<9}", node.id, word(node.status));
    if let Some(begun) = node.started_at {
        let _ = write!(line, " {:>7}", short(node.ended_at.unwrap_or(now).since(begun)));
    }
    let used = used(&node.usage);
    if !used.is_empty() {
        let _ = write!(line, "  {used}");
    }
    let note = note(node);
    if !note.is_empty() {
        let _ = write!(line, "  {note}");
    }
    line.trim_end().to_owned()
}

/// Says of a run that waits for money how to go on; of one whose children wait, of them.
pub(crate) fn waits(
    run_id: RunId,
    waiting: Option<Waiting>,
    unfinished: &[Unfinished],
) -> Option<String> {
    if waiting == Some(Waiting::Budget) {
        return Some(format!(
            "the run waits for its budget: raise it by POST /api/v1/runs/{run_id}/budget"
        ));
    }
    let child = unfinished.iter().find(|child| child.waiting == Some(Waiting::Budget))?.run_id;
    Some(format!(
        "a child run waits for a budget: raise the run's by POST /api/v1/runs/{run_id}/budget, or its own, of {child}"
    ))
}

/// What was used, in a few words; empty for nothing.
pub(crate) fn used(usage: &Usage) -> String {
    let tokens = usage.tokens.input.saturating_add(usage.tokens.output);
    if tokens == 0 && usage.model_calls == 0 {
        return String::new();
    }
    let mut text = format!("{tokens} tokens");
    if usage.cost.unpriced_calls > 0 {
        text.push_str(", cost unknown");
    } else {
        let _ = write!(text, ", {}", usage.cost.known);
    }
    text
}

fn note(node: &NodeView) -> String {
    let text = match (&node.error, &node.label, node.items) {
        (Some(error), _, _) => format!("{} ({})", error.message, error.code),
        (None, Some(label), _) => format!("→ {label}"),
        (None, None, Some(ItemsView { total, ended, .. })) => format!("{ended} of {total} items"),
        (None, None, None) if node.attempts > 1 => format!("attempt {}", node.attempts),
        (None, None, None) => String::new(),
    };
    let text = text.replace(['\n', '\r'], " ");
    let text = plain(&text);
    if text.chars().count() <= NOTE_CHARS {
        return text.into_owned();
    }
    text.chars().take(NOTE_CHARS - 1).chain(['…']).collect()
}

const fn mark(status: NodeStatus) -> (&'static str, &'static str) {
    match status {
        NodeStatus::Pending => ("·", "90"),
        NodeStatus::Running => ("▸", "36"),
        NodeStatus::Waiting => ("◷", "33"),
        NodeStatus::Succeeded => ("✓", "32"),
        NodeStatus::Failed => ("✗", "31"),
        NodeStatus::Skipped => ("–", "90"),
        NodeStatus::Cancelled => ("◼", "33"),
        NodeStatus::TimedOut => ("⏱", "31"),
    }
}

const fn word(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Pending => "pending",
        NodeStatus::Running => "running",
        NodeStatus::Waiting => "waiting",
        NodeStatus::Succeeded => "succeeded",
        NodeStatus::Failed => "failed",
        NodeStatus::Skipped => "skipped",
        NodeStatus::Cancelled => "cancelled",
        NodeStatus::TimedOut => "timed out",
    }
}

/// A duration in at most seven characters.
fn short(duration: Duration) -> String {
    let millis = duration.millis();
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{}m{:02}s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use gathering_domain::{Failure, RunStatus, TokenUsage};
    use gathering_engine::Payload;

    use super::*;

    fn node(id: &str, status: NodeStatus) -> NodeView {
        NodeView {
            id: id.to_owned(),
            type_name: "agent",
            name: None,
            status,
            label: None,
            attempts: 1,
            started_at: Some(Timestamp::from_micros(0)),
            ended_at: Some(Timestamp::from_micros(1_250_000)),
            output: Payload::new(serde_json::Value::Null),
            error: None,
            items: None,
            children: Vec::new(),
            usage: Usage::default(),
        }
    }

    #[test]
    fn a_run_reads_as_a_table() {
        let tokens = TokenUsage { input: 1_200, output: 34, ..TokenUsage::default() };
        let facts = NodeView {
            usage: Usage { tokens, model_calls: 1, ..Usage::default() },
            ..node("facts", NodeStatus::Succeeded)
        };
        let page = NodeView {
            error: Some(Failure::fatal("timeout", "no answer\nwithin \u{1b}[2J30s")),
            ..node("page_on_call", NodeStatus::Failed)
        };
        let rest =
            NodeView { started_at: None, ended_at: None, ..node("rest", NodeStatus::Pending) };
        let sort = NodeView {
            items: Some(ItemsView { total: 8, ended: 3, failed: 0 }),
            ended_at: None,
            ..node("sort", NodeStatus::Running)
        };
        let lines = [facts, page, rest, sort].map(|node| {
            line(&node, 12, Timestamp::from_micros(75_000_000), Look { colour: false })
        });
        assert_eq!(
            lines,
            [
                "✓ facts         succeeded   1.2 s  1234 tokens, $0.000000",
                "✗ page_on_call  failed      1.2 s  no answer within �[2J30s (timeout)",
                "· rest          pending",
                "▸ sort          running     1m15s  3 of 8 items",
            ]
        );
    }

    #[test]
    fn a_wait_for_money_says_whose_budget_to_raise() {
        let (run, child) =
            ([1_u128, 2].map(|id| RunId::from_uuid(uuid::Uuid::from_u128(id)))).into();
        let below = |waiting| [Unfinished { run_id: child, status: RunStatus::Waiting, waiting }];
        let path = format!("POST /api/v1/runs/{run}/budget");
        for (waiting, unfinished, says) in [
            (Some(Waiting::Budget), None, Some("the run waits for its budget")),
            (Some(Waiting::Child), Some(Waiting::Budget), Some("a child run waits for a budget")),
            (Some(Waiting::Child), Some(Waiting::Timer), None),
            (None, None, None),
        ] {
            let line = waits(run, waiting, &below(unfinished));
            assert_eq!(line.is_some(), says.is_some(), "{line:?}");
            if let (Some(line), Some(says)) = (line, says) {
                assert!(line.starts_with(says) && line.contains(&path), "{line}");
            }
        }
    }
}
