//! Approvals as clients read them.

use gathering_app::approvals::{Approval, Decision};
use gathering_domain::{ApprovalId, RunId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::views::{ActorView, ApprovalStatusWord, Time};

/// A question to people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approval)]
pub(crate) struct ApprovalView {
    /// Its id.
    #[schema(value_type = String, example = "apr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ApprovalId,
    /// The run that asks.
    #[schema(value_type = String, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    run_id: RunId,
    /// The key under which it waits.
    key: String,
    /// One line.
    title: String,
    /// What it is about.
    detail: Value,
    /// JSON Schema of what a person may fill in; `null` for none.
    form: Value,
    /// The answers that may be given; any text where none are.
    options: Vec<String>,
    /// Who may decide: roles, each for whoever has it or a higher one, and e-mail addresses of users. Where
    /// nobody is named, whoever may decide approvals. An owner always may.
    #[schema(example = json!(["operator", "ada@example.com"]))]
    deciders: Vec<String>,
    /// Whether the caller may decide it now.
    may_decide: bool,
    /// Whether it is open, and if not, why.
    status: ApprovalStatusWord,
    /// When it was asked.
    asked_at: Time,
    /// When it is over by itself.
    deadline_at: Option<Time>,
    /// What was answered.
    decision: Option<DecisionView>,
}

/// What a person answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
struct DecisionView {
    /// One of the options, or free text where none are given.
    answer: String,
    /// What they filled in.
    data: Value,
    /// What they said.
    note: String,
    /// Who.
    actor: ActorView,
    /// When.
    at: Time,
}

impl From<Approval> for ApprovalView {
    fn from(approval: Approval) -> Self {
        Self {
            id: approval.id,
            run_id: approval.run_id,
            key: approval.key.to_string(),
            title: approval.title,
            detail: approval.detail.as_ref().clone(),
            form: approval.form.as_ref().clone(),
            options: approval.options,
            deciders: approval.deciders.iter().map(ToString::to_string).collect(),
            may_decide: approval.may_decide,
            status: approval.status.into(),
            asked_at: approval.asked_at.into(),
            deadline_at: approval.deadline_at.map(Time::from),
            decision: approval.decision.map(DecisionView::from),
        }
    }
}

impl From<Decision> for DecisionView {
    fn from(decision: Decision) -> Self {
        let Decision { answer, data, note, actor, at } = decision;
        Self { answer, data, note, actor: actor.into(), at: at.into() }
    }
}
