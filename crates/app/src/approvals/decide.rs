//! Deciding an approval: the decision and the word to the run in one transaction.

use gathering_agents::ApprovalAnswer;
use gathering_domain::{ApprovalId, AuditAction, AuditOutcome, Fault, Permission, Pointer};
use gathering_storage::{AppendError, ApprovalState, Poked};
use gathering_tools::Schema;
use serde_json::{Value, json};

use super::{Approval, Approvals, Decide};
use crate::{Caller, Conflict, Error, Result, audit::Target};

/// The longest free answer, in characters.
const MAX_ANSWER_CHARS: usize = 16_000;
/// The longest note, in characters.
const MAX_NOTE_CHARS: usize = 4_000;
/// The largest data, in bytes of JSON.
const MAX_DATA_BYTES: usize = 256 * 1024;

impl Approvals<'_> {
    /// Decides an approval. The same decision again changes nothing; another one is refused.
    pub async fn decide(
        &self,
        caller: &Caller,
        id: ApprovalId,
        command: Decide,
    ) -> Result<Approval> {
        caller.require_here(Permission::ApprovalDecide)?;
        let row = self.row(caller, id).await?;
        let (run_id, key) = (row.run_id, row.key.clone());
        let person = self.person(caller).await?;
        let approval = Approval::seen(row, &person);
        if !person.may_decide(&approval.deciders) {
            return Err(Error::NotADecider(approval.deciders));
        }
        if approval.status != ApprovalState::Open {
            return repeated(approval, &command);
        }
        check(&approval, &command)?;
        let Decide { answer, data, note } = command.clone();
        let said = serde_json::to_value(ApprovalAnswer { answer, data, note })
            .map_err(|fault| Error::internal("write a decision as JSON", fault))?;
        let (actor, now) = (caller.actor(), self.app.now());
        // What a person wrote themselves stays in the journal.
        let answer = approval.options.contains(&command.answer).then_some(&command.answer);
        let record = self.app.trail(caller).of(
            AuditAction::ApprovalDecide,
            AuditOutcome::Done,
            Target::new("approval", &id),
            json!({ "run_id": run_id, "answer": answer }),
        )?;
        let writer = &self.app.inner.writer;
        match writer.decide(id, (run_id, &key), actor, said.into(), Some(record), now).await {
            Ok(Poked::Told(told)) => self.app.runs().wake(told),
            // Only a decision lies under an approval's key, and this one has just been made.
            Ok(Poked::Held(_)) => {}
            Ok(Poked::Ended) => {
                let message = "the run that asked has ended";
                return Err(Error::conflict(Conflict::RunEnded, message));
            }
            // Somebody was faster.
            Err(AppendError::Conflict { .. }) => {
                return repeated(self.seen(caller, id).await?, &command);
            }
            Err(error) => return Err(error.into()),
        }
        self.app.recorded();
        self.seen(caller, id).await
    }
}

/// Answers a decision that was made before, if it is the same.
fn repeated(approval: Approval, command: &Decide) -> Result<Approval> {
    let Decide { answer, data, note } = command;
    let same = approval
        .decision
        .as_ref()
        .is_some_and(|made| made.answer == *answer && made.data == *data && made.note == *note);
    if same {
        return Ok(approval);
    }
    let message = match approval.status {
        ApprovalState::Open => "the decision is being made",
        ApprovalState::Decided => "somebody has decided already",
        ApprovalState::Expired => "the run went on without a decision",
        ApprovalState::RunEnded => "the run that asked has ended",
    };
    Err(Error::conflict(Conflict::AlreadyDecided, message))
}

/// Refuses an answer that was not offered, and data that do not fit the form.
fn check(approval: &Approval, command: &Decide) -> Result<()> {
    let mut faults = Vec::new();
    let mut fault = |pointer: &str, code: &str, message: String| {
        faults.push(Fault::new(Pointer::from_text(pointer), code, message));
    };
    let offered = &approval.options;
    if !offered.is_empty() && !offered.contains(&command.answer) {
        fault("/answer", "unknown_value", format!("the answers are {}", offered.join(", ")));
    }
    if !(1..=MAX_ANSWER_CHARS).contains(&command.answer.chars().count()) {
        fault(
            "/answer",
            "out_of_range",
            format!("an answer has 1 to {MAX_ANSWER_CHARS} characters"),
        );
    }
    if command.note.chars().count() > MAX_NOTE_CHARS {
        fault("/note", "out_of_range", format!("a note has at most {MAX_NOTE_CHARS} characters"));
    }
    if command.data.to_string().len() > MAX_DATA_BYTES {
        return Err(Error::TooLarge { what: "data", most: MAX_DATA_BYTES as u64 });
    }
    // Nothing filled in is fine with whoever says no.
    match (approval.form.as_ref(), &command.data) {
        (_, Value::Null) if command.answer == "rejected" => {}
        (Value::Null, Value::Null) => {}
        (Value::Null, _) => fault("/data", "not_asked", "nothing is to be filled in".to_owned()),
        (form, data) => faults.extend(form_faults(form, data)),
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("the decision does not fit what was asked", faults))
}

fn form_faults(form: &Value, data: &Value) -> Vec<Fault> {
    let given = match data {
        Value::Null => &Value::Object(serde_json::Map::new()),
        data => data,
    };
    match Schema::compile(form) {
        Ok(schema) => schema
            .faults(given)
            .into_iter()
            .map(|fault| {
                let place = format!("/data{}", fault.pointer.as_str());
                Fault { pointer: Pointer::from_text(place), ..fault }
            })
            .collect(),
        Err(invalid) => {
            vec![Fault::new(Pointer::from_text("/data"), "invalid_schema", invalid.to_string())]
        }
    }
}
