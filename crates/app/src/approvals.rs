//! Approvals: what runs ask of people, and what people answer.

mod decide;
mod person;

use gathering_agents::ApprovalAnswer;
use gathering_domain::{Actor, ApprovalId, Decider, Permission, RunId, Timestamp};
use gathering_engine::{AwaitRequest, Key, Payload};
use gathering_storage::{
    ApprovalRow, find_approval, list_approvals, list_approvals_of_decider, list_run_approvals,
};
use serde_json::Value;

pub use gathering_storage::ApprovalState as ApprovalStatus;

use crate::{App, Caller, Error, Page, PageRequest, Result};
use person::{Person, Reach};

/// Use cases of approvals.
#[derive(Clone)]
pub struct Approvals<'a> {
    pub(crate) app: &'a App,
}

/// A question to people.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The run that asks.
    pub run_id: RunId,
    /// The key under which it waits.
    pub key: Key,
    /// One line.
    pub title: String,
    /// What it is about, in the machine's own shape.
    pub detail: Payload,
    /// JSON Schema of what a person may fill in; `null` for none.
    pub form: Payload,
    /// The answers that may be given; any text where none are.
    pub options: Vec<String>,
    /// Who may decide; whoever may decide at all where nobody is named.
    pub deciders: Vec<Decider>,
    /// Whether the caller may decide it now.
    pub may_decide: bool,
    /// Whether it is open, and if not, why.
    pub status: ApprovalStatus,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it is over by itself.
    pub deadline_at: Option<Timestamp>,
    /// What was answered.
    pub decision: Option<Decision>,
}

/// What a person answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// One of the options, or free text where none are given.
    pub answer: String,
    /// What they filled in.
    pub data: Value,
    /// What they said.
    pub note: String,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

/// Which approvals a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// Those in this state.
    pub status: ApprovalStatus,
    /// Only those that name nobody, or the caller, as one who may decide.
    pub may_decide: bool,
}

/// Decides an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    /// One of the options, or free text where none are given.
    pub answer: String,
    /// What the form asks; `null` without a form.
    pub data: Value,
    /// A word to whoever reads it later.
    pub note: String,
}

impl Approvals<'_> {
    /// Approvals in one state, the latest first: the inbox with [`ApprovalStatus::Open`].
    pub async fn list(
        &self,
        caller: &Caller,
        filter: ApprovalFilter,
        page: PageRequest,
    ) -> Result<Page<Approval>> {
        let project_id = caller.require_here(Permission::Read)?;
        let limit = page.limit()?;
        let after = match page.after::<ApprovalId>()? {
            None => None,
            Some(id) => Some((self.row(caller, id).await?.created_at, id)),
        };
        let (person, status) = (self.person(caller).await?, filter.status);
        let shown_to = caller.looks_as();
        let all = || list_approvals(project_id, status, after, limit + 1, shown_to);
        let rows = match person.reach() {
            _ if !filter.may_decide => all(),
            Reach::All => all(),
            Reach::None => return Ok(Page::of(Vec::new(), limit, |_: &Approval| String::new())),
            Reach::Named(named) => {
                list_approvals_of_decider(project_id, status, named, after, limit + 1, shown_to)
            }
        };
        let rows = rows.all(self.app.database()).await?;
        let approvals = rows.into_iter().map(|row| Approval::seen(row, &person)).collect();
        Ok(Page::of(approvals, limit, |approval: &Approval| approval.id.to_string()))
    }

    /// What a run asks and asked, the first one first.
    pub async fn of_run(&self, caller: &Caller, run_id: RunId) -> Result<Vec<Approval>> {
        caller.require_here(Permission::Read)?;
        self.app.runs().visible(caller, run_id).await?;
        let rows = list_run_approvals(run_id).all(self.app.database()).await?;
        let person = self.person(caller).await?;
        Ok(rows.into_iter().map(|row| Approval::seen(row, &person)).collect())
    }

    /// The approval of that id.
    pub async fn get(&self, caller: &Caller, id: ApprovalId) -> Result<Approval> {
        caller.require_here(Permission::Read)?;
        self.seen(caller, id).await
    }

    async fn seen(&self, caller: &Caller, id: ApprovalId) -> Result<Approval> {
        let row = self.row(caller, id).await?;
        Ok(Approval::seen(row, &self.person(caller).await?))
    }

    async fn row(&self, caller: &Caller, id: ApprovalId) -> Result<ApprovalRow> {
        let row = find_approval(id).first(self.app.database()).await?;
        let own = row.filter(|row| row.project_id == caller.project());
        let row = own.ok_or_else(|| Error::not_found("approval", id))?;
        let visible = self.app.runs().require_visible(caller, row.run_id).await;
        visible.map(|()| row).map_err(|error| match error {
            Error::NotFound { .. } => Error::not_found("approval", id),
            error => error,
        })
    }
}

impl Approval {
    /// An approval as this person sees it.
    fn seen(row: ApprovalRow, person: &Person) -> Self {
        let nothing = || Payload::new(Value::Null);
        let (detail, form, options, deciders) = match row.request {
            AwaitRequest::Approval { detail, form, options, deciders, .. } => {
                (detail, form, options, deciders)
            }
            AwaitRequest::Signal { .. } => (nothing(), nothing(), Vec::new(), Vec::new()),
        };
        let may_decide = row.state == ApprovalStatus::Open && person.may_decide(&deciders);
        let decision = row.decision.zip(row.decided_by).map(|(said, actor)| {
            let answer: ApprovalAnswer =
                serde_json::from_value(said.as_ref().clone()).unwrap_or_default();
            let ApprovalAnswer { answer, data, note } = answer;
            let at = row.closed_at.unwrap_or(row.created_at);
            Decision { answer, data, note, actor, at }
        });
        Self {
            id: row.id,
            run_id: row.run_id,
            key: row.key,
            title: row.title,
            detail,
            form,
            options,
            deciders,
            may_decide,
            status: row.state,
            asked_at: row.created_at,
            deadline_at: row.deadline_at,
            decision,
        }
    }
}
