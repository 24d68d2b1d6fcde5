//! What a run asks a person: decisions, and what became of effects with unknown outcomes.

use std::{io::IsTerminal as _, time::Duration};

use gathering_app::{
    Conflict, Error,
    approvals::{Approval, ApprovalStatus, Decide},
    runs::{Settle, UnknownOutcome, Verdict},
};
use gathering_engine::Payload;
use serde_json::Value;

use super::terminal::Terminal;
use crate::{
    instance::Instance,
    output::{Output, fault_line},
};

/// How often it is looked whether a question is still asked while a person thinks about it.
const STILL_ASKED: Duration = Duration::from_millis(500);

/// How questions are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// By the first option, without asking.
    First,
    /// By the person at the terminal.
    Person,
    /// By nobody: a run that asks cannot go on.
    Nobody,
}

impl Answers {
    /// By the first option if so told; else by whoever sits at the terminal.
    pub(crate) fn of(approve: bool, output: Output) -> Self {
        match (approve, output.is_watched() && std::io::stdin().is_terminal()) {
            (true, _) => Self::First,
            (false, true) => Self::Person,
            (false, false) => Self::Nobody,
        }
    }
}

/// Answers an approval. `false` if nobody can.
pub(crate) async fn decide(
    instance: &Instance,
    answers: Answers,
    terminal: &mut Terminal,
    approval: &Approval,
    output: Output,
) -> anyhow::Result<bool> {
    loop {
        let decide = match answers {
            Answers::Nobody => return Ok(false),
            Answers::First => Decide {
                answer: approval.options.first().map_or("yes", String::as_str).to_owned(),
                data: Value::Null,
                note: "answered by --approve".to_owned(),
            },
            Answers::Person => tokio::select! {
                decide = ask(terminal, approval, output) => decide?,
                closed = closed(instance, approval) => {
                    closed?;
                    output.note(format!("\nno answer is needed any more: {}", approval.title));
                    return Ok(true);
                }
            },
        };
        let told = format!("{}: {}", approval.title, decide.answer);
        match instance.app.approvals().decide(&instance.owner(), approval.id, decide).await {
            Ok(_) => {
                output.note(told);
                return Ok(true);
            }
            // The deadline was faster, or the run has ended.
            Err(Error::Conflict {
                kind: Conflict::AlreadyDecided | Conflict::RunEnded,
                message,
            }) => {
                output.note(message);
                return Ok(true);
            }
            // What was mistyped is told, and asked for again.
            Err(Error::Invalid { message, faults }) if answers == Answers::Person => {
                output.note(message);
                for fault in &faults {
                    output.note(format!("  {}", fault_line(fault)));
                }
            }
            Err(error) => {
                let what = format!("could not answer `{}`", approval.title);
                return Err(anyhow::Error::new(error).context(what));
            }
        }
    }
}

/// Settles an effect whose outcome is unknown. `false` if nobody can.
pub(crate) async fn settle(
    instance: &Instance,
    answers: Answers,
    terminal: &mut Terminal,
    unknown: &UnknownOutcome,
) -> anyhow::Result<bool> {
    if answers != Answers::Person {
        return Ok(false);
    }
    let question = format!(
        "\nNobody knows whether `{}` happened. What became of it?\n  [d]one, [n]ot done (try again), [f]ailed: ",
        unknown.key
    );
    let verdict = loop {
        match terminal.line(&question).await?.to_lowercase().as_str() {
            "d" | "done" => break Verdict::Done(Payload::new(Value::Null)),
            "n" | "not done" => break Verdict::NotDone,
            "f" | "failed" => break Verdict::Failed("a person said that it failed".to_owned()),
            _ => {}
        }
    };
    let settle = Settle { key: unknown.key.clone(), attempt: Some(unknown.attempt), verdict };
    instance.app.runs().settle(&instance.owner(), unknown.run_id, settle).await?;
    Ok(true)
}

/// Ends when the approval waits for nobody: its deadline has passed, somebody else was faster, or its
/// run has ended.
async fn closed(instance: &Instance, approval: &Approval) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(STILL_ASKED).await;
        let owner = instance.owner();
        let now = instance.app.approvals().get(&owner, approval.id).await?;
        let run = instance.app.runs().get(&owner, approval.run_id).await?;
        if now.status != ApprovalStatus::Open || run.summary.status.is_final() {
            return Ok(());
        }
    }
}

async fn ask(
    terminal: &mut Terminal,
    approval: &Approval,
    output: Output,
) -> anyhow::Result<Decide> {
    let options = &approval.options;
    let mut question = format!("\n? {}\n", approval.title);
    if !approval.detail.as_ref().is_null() {
        let detail = serde_json::to_string_pretty(approval.detail.as_ref())?;
        question.push_str(&detail);
        question.push('\n');
    }
    for (at, option) in options.iter().enumerate() {
        question.extend(["  ", &(at + 1).to_string(), ") ", option, "\n"]);
    }
    question.push_str("> ");
    let answer = loop {
        let said = terminal.line(&question).await?;
        let by_number = said.parse::<usize>().ok().and_then(|at| options.get(at.checked_sub(1)?));
        if let Some(option) = by_number {
            break option.clone();
        }
        if (options.is_empty() && !said.is_empty()) || options.contains(&said) {
            break said;
        }
        output.note(format!("`{said}` is none of the answers"));
    };
    let mut data = Value::Null;
    if !approval.form.as_ref().is_null() && answer != "rejected" {
        let form = serde_json::to_string_pretty(approval.form.as_ref())?;
        loop {
            let question = format!("Fill in this form, as JSON on one line:\n{form}\n> ");
            let said = terminal.line(&question).await?;
            match serde_json::from_str(&said) {
                Ok(value) => {
                    data = value;
                    break;
                }
                Err(error) => output.note(format!("that is not JSON: {error}")),
            }
        }
    }
    Ok(Decide { answer, data, note: String::new() })
}
