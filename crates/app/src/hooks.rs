//! Hooks: addresses at which requests from outside start runs.

mod call;
mod change;
mod rules;

use gathering_domain::{Actor, DeliveryId, HookId, Permission, RunId, Timestamp};
use gathering_storage::hooks::{self as rows, HookDeliveryRow, HookRow};
use secrecy::SecretString;

pub use call::{Called, HookRequest};
pub(crate) use change::place as hook_place;
pub use gathering_storage::hooks::DeliveryOutcome;
pub use rules::{Answer, HookRules, Verification};

pub use crate::starting::Startable;
use crate::{
    App, Caller, Error, Page, PageRequest, Result, starting::NotStarted, store_page::after_id,
};

/// The most hooks of a project.
const MOST_HOOKS: u64 = 1_000;
/// Requests of a hook that are kept.
const MOST_KEPT: u32 = 100;

/// Use cases of hooks.
#[derive(Clone)]
pub struct Hooks<'a> {
    pub(crate) app: &'a App,
}

/// An address at which requests start runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    /// Its id.
    pub id: HookId,
    /// What it is called.
    pub name: String,
    /// What it starts, and of which requests.
    pub rules: HookRules,
    /// Whether it takes requests.
    pub enabled: bool,
    /// For whom it acts: whoever changed it last.
    pub acts_for: Actor,
    /// How many requests had which outcome.
    pub counts: HookCounts,
    /// When the last one came.
    pub last_at: Option<Timestamp>,
    /// Rises with each change; what `If-Match` names.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// How many requests of a hook had which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookCounts {
    /// They started a run.
    pub started: u64,
    /// They had come before.
    pub repeated: u64,
    /// The filter did not want them.
    pub ignored: u64,
    /// They could not be verified.
    pub refused: u64,
    /// They started no run, though they should have.
    pub failed: u64,
}

/// A hook that is wanted.
#[derive(Debug, Clone)]
pub struct HookSpec {
    /// What it is called.
    pub name: String,
    /// What it starts, and of which requests.
    pub rules: HookRules,
    /// The secret by which requests are verified. Absent in a change: the one that it has.
    pub secret: Option<SecretString>,
}

/// A hook with its token, which is told once.
#[derive(Debug, Clone)]
pub struct HookWithToken {
    /// The last part of its address; none in the answer to a request that is repeated.
    pub token: Option<SecretString>,
    /// The hook.
    pub hook: Hook,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// When it came.
    pub at: Timestamp,
    /// From where.
    pub address: Option<String>,
    /// What its sender calls it.
    pub delivery: Option<String>,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// The run that it started.
    pub run_id: Option<RunId>,
    /// Why it started none.
    pub why: Option<NotStarted>,
}

impl Hooks<'_> {
    /// The hook of that id.
    pub async fn get(&self, caller: &Caller, id: HookId) -> Result<Hook> {
        let project_id = caller.require_here(Permission::Read)?;
        let row = rows::find(project_id, id).first(self.app.database()).await?;
        row.ok_or_else(|| Error::not_found("hook", id))?.try_into()
    }

    /// Hooks in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Hook>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, after_id(&page, HookId::uuid)?);
        let found = rows::list(project_id, after, limit + 1).all(self.app.database()).await?;
        let hooks = found.into_iter().map(Hook::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(hooks, limit, |hook| hook.id.to_string()))
    }

    /// The last requests of a hook, the latest first.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: HookId,
        page: PageRequest,
    ) -> Result<Page<HookDelivery>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, before) = (page.limit()?, after_id(&page, DeliveryId::uuid)?);
        let database = self.app.database();
        let hook = rows::find(project_id, id).first(database).await?;
        hook.ok_or_else(|| Error::not_found("hook", id))?;
        let found = rows::list_deliveries(id, before, limit + 1).all(database).await?;
        let page = Page::of(found, limit, |delivery| delivery.id.to_string());
        Ok(page.map(HookDelivery::from))
    }
}

impl TryFrom<HookRow> for Hook {
    type Error = Error;

    fn try_from(row: HookRow) -> Result<Self> {
        let HookRow { started, repeated, ignored, refused, failed, .. } = row;
        Ok(Self {
            id: row.id,
            name: row.name,
            rules: HookRules::read(row.rules)?,
            enabled: row.enabled,
            acts_for: row.actor,
            counts: HookCounts { started, repeated, ignored, refused, failed },
            last_at: row.last_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<HookDeliveryRow> for HookDelivery {
    fn from(row: HookDeliveryRow) -> Self {
        let HookDeliveryRow { id, at, address, delivery, outcome, run_id, code, detail, .. } = row;
        let why = code.map(|code| NotStarted { code, detail: detail.unwrap_or_default() });
        Self { id, at, address, delivery, outcome, run_id, why }
    }
}
