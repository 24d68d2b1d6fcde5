//! Approvals: decisions that runs ask of people.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ApprovalId, ProjectId, Role, RunId, Timestamp};
use gathering_engine::{AwaitRequest, CloseReason, Key, Payload};
use uuid::Uuid;

use crate::NewApproval;
use crate::actor::actor_text;
use crate::column;
use crate::runs::shown_to;
use crate::statement::{Query, Write, statements};

/// Where an approval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApprovalState {
    /// Somebody must decide.
    Open,
    /// Somebody has decided.
    Decided,
    /// The run went on without a decision.
    Expired,
    /// The run has ended.
    RunEnded,
}

row! {
    /// An approval.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ApprovalRow {
        /// Its id.
        pub id: ApprovalId as Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// The run that asks.
        pub run_id: RunId as Uuid,
        /// The key under which the run waits.
        pub key: Key as String => |text| Key::parse(&text).ok(),
        /// One line.
        pub title: String,
        /// What is asked.
        pub request: AwaitRequest as String => |text| serde_json::from_str(&text).ok(),
        /// Where it is.
        pub state: ApprovalState as String => |word| ApprovalState::from_word(&word),
        /// When it was asked.
        pub created_at: Timestamp as i64,
        /// When something happens by itself.
        pub deadline_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// When it was decided or became moot.
        pub closed_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// Who decided.
        pub decided_by: Option<Actor> as Option<String> => column::json,
        /// What they decided.
        pub decision: Option<Payload> as Option<String> => column::json,
    }
}

macro_rules! columns {
    () => {
        "id, project_id, run_id, key, title, request, state, created_at, deadline_at, closed_at, \
         decided_by, decision"
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO approvals (id, project_id, run_id, key, title, request, state, created_at, deadline_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8)"
    );
    INSERT_DECIDER = Sql::both(
        "INSERT INTO approval_deciders (approval_id, decider) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    );
    DECIDE = Sql::both(
        "UPDATE approvals SET state = 'decided', closed_at = $2, decided_by = $3, decision = $4 \
         WHERE id = $1 AND state = 'open'"
    );
    CLOSE = Sql::both(
        "UPDATE approvals SET state = $3, closed_at = $4 WHERE run_id = $1 AND key = $2 AND state = 'open'"
    );
    FIND -> ApprovalRow = Sql::both(concat!("SELECT ", columns!(), " FROM approvals WHERE id = $1"));
    OF_RUN -> ApprovalRow = Sql::both(concat!(
        "SELECT ", columns!(), " FROM approvals WHERE run_id = $1 ORDER BY created_at, id"
    ));
    LIST -> ApprovalRow = Sql::both(concat!(
        "SELECT ", columns!(), " FROM approvals WHERE project_id = $1 AND state = $2 \
         AND (created_at, id) < ($3, $4) AND ", shown_to!("approvals.run_id", "$6"), " \
         ORDER BY created_at DESC, id DESC LIMIT $5"
    ));
    LIST_OF_DECIDER -> ApprovalRow = Sql::both(concat!(
        "SELECT ", columns!(), " FROM approvals WHERE project_id = $1 AND state = $2 \
         AND (created_at, id) < ($3, $4) \
         AND (NOT EXISTS (SELECT 1 FROM approval_deciders d WHERE d.approval_id = approvals.id) \
              OR EXISTS (SELECT 1 FROM approval_deciders d WHERE d.approval_id = approvals.id \
                         AND d.decider IN ($6, $7, $8, $9))) \
         AND ", shown_to!("approvals.run_id", "$10"), " \
         ORDER BY created_at DESC, id DESC LIMIT $5"
    ));
}

/// The approval with this id.
pub fn find_approval(id: ApprovalId) -> Query<ApprovalRow> {
    Query::new(FIND, params![id.uuid()])
}

/// The approvals that a run asked for, oldest first.
pub fn list_run_approvals(run_id: RunId) -> Query<ApprovalRow> {
    Query::new(OF_RUN, params![run_id.uuid()])
}

/// A page of a project's approvals in one state, latest first; `after` is the last of the page before. Without those
/// of runs that are another person's than `shown_to`.
pub fn list_approvals(
    project_id: ProjectId,
    state: ApprovalState,
    after: Option<(Timestamp, ApprovalId)>,
    limit: u32,
    shown_to: Option<Actor>,
) -> Query<ApprovalRow> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.micros(), id.uuid()));
    Query::new(
        LIST,
        params![project_id.uuid(), state.as_str(), at, id, limit, shown_to.map(actor_text)],
    )
}

/// The same, but only those that name nobody, or this role or a lower one, or this address.
pub fn list_approvals_of_decider(
    project_id: ProjectId,
    state: ApprovalState,
    (role, email): (Role, Option<&str>),
    after: Option<(Timestamp, ApprovalId)>,
    limit: u32,
    shown_to: Option<Actor>,
) -> Query<ApprovalRow> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.micros(), id.uuid()));
    // An empty word names nobody.
    let word = |of: Role| if role.includes(of) { of.as_str() } else { "" };
    let email = email.unwrap_or_default();
    let [owner, operator, member] = [Role::Owner, Role::Operator, Role::Member].map(word);
    let state = state.as_str();
    Query::new(
        LIST_OF_DECIDER,
        params![
            project_id.uuid(),
            state,
            at,
            id,
            limit,
            owner,
            operator,
            member,
            email,
            shown_to.map(actor_text)
        ],
    )
}

/// Who may decide an approval, for lists of what somebody may decide.
pub(crate) fn insert_deciders(approval: &NewApproval) -> impl Iterator<Item = Write> {
    let deciders = match &approval.request {
        AwaitRequest::Approval { deciders, .. } => deciders.as_slice(),
        AwaitRequest::Signal { .. } => &[],
    };
    let id = approval.id.uuid();
    deciders.iter().map(move |decider| Write::new(INSERT_DECIDER, params![id, decider.to_string()]))
}

pub(crate) fn insert(
    project_id: ProjectId,
    run_id: RunId,
    approval: &NewApproval,
    now: Timestamp,
) -> Write {
    let (title, deadline) = match &approval.request {
        AwaitRequest::Approval { title, deadline, .. } => (title.as_str(), *deadline),
        AwaitRequest::Signal { name } => (name.as_str(), None),
    };
    let request = serde_json::to_string(&approval.request).expect("a request is JSON");
    Write::new(
        INSERT,
        params![
            approval.id.uuid(),
            project_id.uuid(),
            run_id.uuid(),
            approval.key.as_str(),
            title,
            request,
            now.micros(),
            deadline.map(|deadline| (now + deadline).micros()),
        ],
    )
}

pub(crate) fn close(run_id: RunId, key: &Key, reason: CloseReason, now: Timestamp) -> Write {
    let state = match reason {
        CloseReason::Expired => ApprovalState::Expired,
        CloseReason::RunEnded => ApprovalState::RunEnded,
    };
    Write::new(CLOSE, params![run_id.uuid(), key.as_str(), state.as_str(), now.micros()])
}

/// Fails its unit if the approval is not open any more.
pub(crate) fn decide(id: ApprovalId, actor: &Actor, decision: &Payload, now: Timestamp) -> Write {
    let actor = serde_json::to_string(actor).expect("an actor is JSON");
    Write::new(DECIDE, params![id.uuid(), now.micros(), actor, decision.as_ref()]).expecting(1)
}

impl ApprovalState {
    /// The word that the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
            Self::Expired => "expired",
            Self::RunEnded => "run_ended",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Decided, Self::Expired, Self::RunEnded]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}
