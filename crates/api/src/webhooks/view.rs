//! Webhooks as clients read and write them.

use gathering_app::{
    Error,
    webhooks::{Delivery, DeliveryStatus, Webhook, WebhookSecret, WebhookSpec},
};
use gathering_domain::{DeliveryId, Duration, RunId, WebhookId};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{Problem, views::Time};

/// Where events of a project are sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// Its id.
    #[schema(value_type = String, example = "whk_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: WebhookId,
    /// Its address.
    #[schema(example = "https://example.com/events")]
    url: String,
    /// What it is for.
    description: String,
    /// Patterns of types and subjects; an event that fits one is sent.
    #[schema(example = json!(["run.failed", "orders.*"]))]
    events: Vec<String>,
    /// An expression over `event`, which must hold as well.
    filter: Option<String>,
    /// The channel over which people are told that the server disabled it.
    channel: Option<String>,
    /// Whether events are sent.
    enabled: bool,
    /// Why the server disabled it, if it did.
    disabled_reason: Option<String>,
    /// Why its filter could not be read, or not be evaluated for an event, the last time that it could not.
    filter_error: Option<String>,
    /// Until when the secret before the present one signs as well.
    overlap_until: Option<Time>,
    /// Deliveries that failed since one was taken.
    failures: u64,
    /// When the first of them did.
    failing_since: Option<Time>,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// A webhook with its secret, which is shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedWebhook)]
pub(crate) struct CreatedWebhookView {
    /// The webhook.
    webhook: WebhookView,
    /// The secret with which receivers verify signatures. Told once: absent when the request was made before
    /// with the same idempotency key.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWebhookBody {
    /// Its address.
    #[schema(example = "https://example.com/events")]
    url: String,
    /// What it is for: at most 500 characters.
    #[serde(default)]
    description: String,
    /// 1 to 50 patterns of types and subjects; an event that fits one is sent. `*` stands for a word between
    /// dots, at the end for the rest.
    #[schema(example = json!(["run.failed", "orders.*"]))]
    events: Vec<String>,
    /// An expression over `event` (`position`, `id`, `type`, `subject`, `at`,
    /// `project_id`, `run_id`, `data`), which must hold as well.
    #[schema(example = "event.data.payload.total > 100")]
    filter: Option<String>,
    /// The name of the channel over which people are told that the server disabled it.
    channel: Option<String>,
    /// Whether events are sent; they are, unless it says otherwise.
    #[serde(default = "yes")]
    enabled: bool,
}

/// How a webhook is given another secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateWebhookBody {
    /// For how long the secret before it signs as well: `0s` for not at all, at most 30 days, one day unless
    /// it is said.
    #[schema(example = "24h")]
    overlap: Option<String>,
}

/// An event on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    /// Its id: what the receiver sees as `webhook-id`.
    #[schema(value_type = String, example = "dlv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: DeliveryId,
    /// Its webhook.
    #[schema(value_type = String)]
    webhook_id: WebhookId,
    /// The event.
    event_id: String,
    /// What kind of event.
    #[schema(example = "run.failed")]
    event_type: String,
    /// What it is about.
    subject: String,
    /// Where it is.
    status: DeliveryStatusWord,
    /// How often it was sent.
    attempts: u64,
    /// The status of the last answer.
    response_status: Option<u16>,
    /// The code of what went wrong last.
    error: Option<String>,
    /// The run that sends it, or sent it last.
    #[schema(value_type = Option<String>)]
    run_id: Option<RunId>,
    /// When it came to be.
    created_at: Time,
    /// When it was sent last.
    updated_at: Time,
}

/// Where a delivery is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryStatus)]
#[serde(rename_all = "snake_case")]
enum DeliveryStatusWord {
    /// On its way, or to be tried again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It is given up.
    Failed,
}

/// For how long two secrets sign where nothing is said.
const OVERLAP: Duration = Duration::from_secs(24 * 3600);

const fn yes() -> bool {
    true
}

/// What was written of a webhook, as a document that a patch changes.
pub(super) fn written(webhook: Webhook) -> Value {
    let WebhookSpec { url, description, events, filter, channel, enabled } = webhook.spec;
    json!({
        "url": url,
        "description": description,
        "events": events,
        "filter": filter,
        "channel": channel,
        "enabled": enabled,
    })
}

impl RotateWebhookBody {
    /// For how long the secret before it signs as well.
    pub(super) fn overlap(&self) -> Result<Duration, Problem> {
        let Some(text) = &self.overlap else { return Ok(OVERLAP) };
        text.parse().map_err(|invalid: gathering_domain::InvalidDuration| {
            Error::invalid_field("/overlap", "invalid_duration", invalid.to_string()).into()
        })
    }
}

impl From<CreateWebhookBody> for WebhookSpec {
    fn from(body: CreateWebhookBody) -> Self {
        let CreateWebhookBody { url, description, events, filter, channel, enabled } = body;
        Self { url, description, events, filter, channel, enabled }
    }
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        let WebhookSpec { url, description, events, filter, channel, enabled } = webhook.spec;
        Self {
            id: webhook.id,
            url,
            description,
            events,
            filter,
            channel,
            enabled,
            disabled_reason: webhook.disabled_reason,
            filter_error: webhook.filter_error,
            overlap_until: webhook.overlap_until.map(Time::from),
            failures: webhook.failures,
            failing_since: webhook.failing_since.map(Time::from),
            version: webhook.version,
            created_at: webhook.created_at.into(),
            updated_at: webhook.updated_at.into(),
        }
    }
}

impl From<WebhookSecret> for CreatedWebhookView {
    fn from(made: WebhookSecret) -> Self {
        let WebhookSecret { webhook, secret } = made;
        let secret = secret.map(|secret| secret.expose_secret().to_owned());
        Self { webhook: webhook.into(), secret }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, webhook_id, event_id, event_type, subject, status, .. } = delivery;
        Self {
            id,
            webhook_id,
            event_id,
            event_type,
            subject,
            status: match status {
                DeliveryStatus::Pending => DeliveryStatusWord::Pending,
                DeliveryStatus::Delivered => DeliveryStatusWord::Delivered,
                DeliveryStatus::Failed => DeliveryStatusWord::Failed,
            },
            attempts: delivery.attempts,
            response_status: delivery.response_status,
            error: delivery.error,
            run_id: delivery.run_id,
            created_at: delivery.created_at.into(),
            updated_at: delivery.updated_at.into(),
        }
    }
}
