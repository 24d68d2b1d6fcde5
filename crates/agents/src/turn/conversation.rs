//! The conversation of a turn, rebuilt from its fold for each request.

use gathering_llm::{Message, Role, estimate_text};
use serde_json::Value;

use super::{Turn, fold::Started, round::Round};
use crate::prompt::fence;

/// How much of the window the text to be summed up may fill, in percent.
const SUMMED_UP_PERCENT: u64 = 50;

impl Turn {
    /// Everything said so far, as a model reads it next.
    pub(super) fn conversation(&self, started: &Started) -> Vec<Message> {
        let summary = self.summaries.last();
        let mut messages = match summary {
            Some(_) => Vec::new(),
            None => started.input.thread.clone(),
        };
        messages.push(Message::user(task(started)));
        if let Some(summary) = summary {
            let text = fence::around("summary", &summary.text);
            messages.push(Message::user(format!(
                "What was said and done until now, summed up:\n{text}"
            )));
        }
        let from = summary.map_or(0, |summary| summary.rounds);
        messages.extend(self.rounds.iter().skip(from).flat_map(round_messages));
        messages
    }

    /// What this turn adds to its thread: the user's message, calls with their results, the answer.
    pub fn messages(&self) -> Vec<Message> {
        let Some(Ok(started)) = &self.started else { return Vec::new() };
        let mut messages = vec![Message::user(task(started))];
        messages.extend(self.rounds.iter().flat_map(round_messages));
        let said = [&self.report, &self.repair].into_iter().flatten();
        messages.extend(said.map(|said| said.reply.message()));
        messages
    }

    /// What a summary sums up: the thread and all rounds but the latest, as text that fits.
    pub(super) fn to_sum_up(&self, started: &Started, rounds: usize) -> String {
        let mut messages = match self.summaries.last() {
            Some(summary) => vec![Message::user(summary.text.clone())],
            None => started.input.thread.clone(),
        };
        let from = self.summaries.last().map_or(0, |summary| summary.rounds);
        let covered = self.rounds.iter().take(rounds).skip(from);
        messages.extend(covered.flat_map(round_messages));
        let lines: Vec<String> = messages.iter().flat_map(lines).collect();
        fit(&lines, started.definition.agent.context_tokens / 100 * SUMMED_UP_PERCENT)
    }
}

fn task(started: &Started) -> String {
    let task = &started.input.task;
    match &started.input.data {
        None => task.clone(),
        Some(data) => {
            let text = match data {
                Value::String(text) => text.clone(),
                data => data.to_string(),
            };
            format!("{task}\n\n{}", fence::around("input", &text))
        }
    }
}

fn round_messages(round: &Round) -> Vec<Message> {
    let mut messages = vec![round.reply.message()];
    if !round.calls.is_empty() {
        messages.push(Message::tool_results(round.calls.iter().map(super::round::Call::message)));
    }
    messages
}

fn lines(message: &Message) -> Vec<String> {
    let speaker = match message.role {
        Role::System | Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    let mut lines = Vec::new();
    let text = message.plain_text();
    if !text.is_empty() {
        lines.push(format!("{speaker}: {text}"));
    }
    for part in &message.parts {
        if let gathering_llm::Part::ToolCall(call) = part {
            lines.push(format!("{speaker} calls {}({})", call.name, call.arguments_text()));
        }
    }
    lines
}

/// Joins lines; of too many tokens the middle is left out, which says so.
fn fit(lines: &[String], tokens: u64) -> String {
    let half = tokens / 2;
    let whole = lines.join("\n");
    if estimate_text(&whole) <= tokens {
        return whole;
    }
    // A token has at least one byte, so that so many bytes have at most so many tokens.
    let half = usize::try_from(half).unwrap_or(usize::MAX).min(whole.len() / 2);
    let head = &whole[..whole.floor_char_boundary(half)];
    let tail = &whole[whole.ceil_char_boundary(whole.len() - half)..];
    format!("{head}\n[… left out …]\n{tail}")
}
