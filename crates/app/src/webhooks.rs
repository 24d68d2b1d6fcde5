//! Webhooks: events of a project, sent to whoever is to know.
//!
//! A follower of the log starts one run for each event and each webhook that wants it. That run's machine
//! sends the event until the receiver takes it; so a delivery survives what runs survive. Events of those
//! runs go to no webhook: a webhook that tells of its own deliveries would never end.

mod attempt;
mod change;
mod deliveries;
mod follow;
mod keys;
pub(crate) mod machine;

use gathering_domain::{
    DeliveryId, Duration, Permission, ProjectId, RunId, RunStatus, Timestamp, WebhookId,
};
use gathering_storage::{
    deliveries::DeliveryRow,
    webhooks::{self as rows, WebhookRow},
};
use secrecy::SecretString;
use serde::Serialize;

pub use attempt::{ActsFor, Tried};
pub(crate) use deliveries::under_way;
pub use follow::WebhookFollower;
pub(crate) use keys::sealed_place;
pub use machine::{ANSWER_WITHIN, Delivered, DeliveryOrder, Disabled, NoticeOrder, SCHEDULE};

use crate::{App, Caller, Error, Page, PageRequest, Result, store_page::after_id};

/// The most webhooks of a project.
const MOST_WEBHOOKS: u32 = 50;
/// Deliveries that fail one after the other before the webhook is disabled.
pub const MOST_FAILURES: u64 = 20;
/// How long deliveries fail, and none is taken, before the webhook is disabled.
pub const LONGEST_FAILURE: Duration = Duration::from_secs(5 * 24 * 3600);
/// The longest time for which two secrets sign.
pub const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * 24 * 3600);
/// Deliveries to one webhook that are under way at the same time.
pub(crate) const AT_ONCE: u32 = 16;

/// Use cases of webhooks.
#[derive(Clone)]
pub struct Webhooks<'a> {
    pub(crate) app: &'a App,
}

/// A webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What is written of it.
    pub spec: WebhookSpec,
    /// Why the server disabled it, if it did.
    pub disabled_reason: Option<String>,
    /// Why its filter could not be read, or not be evaluated, the last time that it could not.
    pub filter_error: Option<String>,
    /// Until when the secret before the present one signs as well.
    pub overlap_until: Option<Timestamp>,
    /// Deliveries that failed since one was taken.
    pub failures: u64,
    /// When the first of them did.
    pub failing_since: Option<Timestamp>,
    /// Rises with each change.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// What a person writes of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookSpec {
    /// Its address.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Patterns of types and subjects; an event that fits one is sent.
    pub events: Vec<String>,
    /// An expression over `event`, which must hold as well.
    pub filter: Option<String>,
    /// The name of the channel over which people are told that the server disabled it.
    pub channel: Option<String>,
    /// Whether events are sent.
    pub enabled: bool,
}

/// A webhook and its secret, which is shown once.
#[derive(Debug, Clone)]
pub struct WebhookSecret {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret, as `whsec_…`; none in the answer to a request that is repeated.
    pub secret: Option<SecretString>,
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id: what the receiver sees as `webhook-id`.
    pub id: DeliveryId,
    /// Its webhook.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: String,
    /// What kind of event.
    pub event_type: String,
    /// What it is about.
    pub subject: String,
    /// Where it is.
    pub status: DeliveryStatus,
    /// How often it was sent.
    pub attempts: u64,
    /// The status of the last answer.
    pub response_status: Option<u16>,
    /// The code of what went wrong last.
    pub error: Option<String>,
    /// The run that sends it, or sent it last.
    pub run_id: Option<RunId>,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it was sent last.
    pub updated_at: Timestamp,
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// On its way, or to be tried again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It is given up.
    Failed,
}

impl DeliveryStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl Webhooks<'_> {
    /// The webhook of that id.
    pub async fn get(&self, caller: &Caller, id: WebhookId) -> Result<Webhook> {
        let project_id = caller.require_here(Permission::Read)?;
        self.row(project_id, id).await.map(Webhook::from)
    }

    /// Webhooks in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Webhook>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, after_id(&page, WebhookId::uuid)?);
        let rows = rows::list(project_id, after, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(rows, limit, |row| row.id.to_string()).map(Webhook::from))
    }

    async fn row(&self, project_id: ProjectId, id: WebhookId) -> Result<WebhookRow> {
        let row = rows::find(project_id, id).first(self.app.database()).await?;
        row.ok_or_else(|| Error::not_found("webhook", id))
    }
}

impl From<WebhookRow> for Webhook {
    fn from(row: WebhookRow) -> Self {
        let WebhookRow { id, url, description, events, filter, channel, enabled, .. } = row;
        Self {
            id,
            spec: WebhookSpec { url, description, events, filter, channel, enabled },
            disabled_reason: row.disabled_reason,
            filter_error: row.filter_error,
            overlap_until: row.overlap_until,
            failures: row.failures,
            failing_since: row.failing_since,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        // A run that ended otherwise than by its sending, by a cancel for instance, left no word here; one
        // that is not there any more has ended long ago.
        let given_up =
            row.run_status.is_none_or(|status| status.is_final() && status != RunStatus::Succeeded);
        let status = match row.status.as_str() {
            "delivered" => DeliveryStatus::Delivered,
            "pending" if !given_up => DeliveryStatus::Pending,
            _ => DeliveryStatus::Failed,
        };
        let DeliveryRow { id, webhook_id, event_id, event_type, subject, attempts, .. } = row;
        Self {
            id,
            webhook_id,
            event_id,
            event_type,
            subject,
            status,
            attempts,
            response_status: row.response_status,
            error: row.error,
            run_id: row.run_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
