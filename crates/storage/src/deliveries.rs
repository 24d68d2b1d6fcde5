//! Deliveries: events on their way to webhooks.

use gathering_database::{Sql, params, row};
use gathering_domain::{DeliveryId, ProjectId, RunId, RunStatus, Timestamp, WebhookId};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

row! {
    /// A delivery, with the state of the run that sends it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeliveryRow {
        /// Its id.
        pub id: DeliveryId as Uuid,
        /// Its webhook.
        pub webhook_id: WebhookId as Uuid,
        /// The event.
        pub event_id: String,
        /// What kind of event.
        pub event_type: String,
        /// What it is about.
        pub subject: String,
        /// Whether a person asked for it.
        pub asked: bool,
        /// The run that sends it, or sent it last.
        pub run_id: Option<RunId> as Option<Uuid> => |id| Some(id.map(RunId::from_uuid)),
        /// Where that run is.
        pub run_status: Option<RunStatus> as Option<String> => |word| match word {
            None => Some(None),
            Some(word) => RunStatus::from_word(&word).map(Some),
        },
        /// `pending`, `delivered`, `failed`.
        pub status: String,
        /// How often it was sent.
        pub attempts: u64,
        /// The status of the last answer.
        pub response_status: Option<u16> as Option<i64> => |status| {
            Some(status.and_then(|status| u16::try_from(status).ok()))
        },
        /// The code of what went wrong last.
        pub error: Option<String>,
        /// When it came to be.
        pub created_at: Timestamp as i64,
        /// When it was sent last.
        pub updated_at: Timestamp as i64,
    }
}

/// A delivery that comes to be.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    /// Its id.
    pub id: DeliveryId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its webhook.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: &'a str,
    /// What kind of event.
    pub event_type: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// Whether a person asked for it.
    pub asked: bool,
    /// When.
    pub now: Timestamp,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The status of the delivery from now on.
    pub status: &'a str,
    /// The status of the answer, if there was one.
    pub response_status: Option<u16>,
    /// The code of what went wrong, if something did.
    pub error: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT d.id, d.webhook_id, d.event_id, d.event_type, d.subject, d.asked, d.run_id, \
             r.status AS run_status, d.status, d.attempts, d.response_status, d.error, d.created_at, \
             d.updated_at FROM deliveries d LEFT JOIN runs r ON r.id = d.run_id ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO deliveries (id, project_id, webhook_id, event_id, event_type, subject, asked, \
         run_id, status, attempts, response_status, error, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 'pending', 0, NULL, NULL, $8, $8) \
         ON CONFLICT (id) DO NOTHING",
    );
    SENT_BY = Sql::both(
        "UPDATE deliveries SET run_id = $2 WHERE id = $1 AND run_id IS NULL",
    );
    AGAIN = Sql::both(
        "UPDATE deliveries SET run_id = $2, status = 'pending', asked = true, error = NULL \
         WHERE id = $1",
    );
    ATTEMPTED = Sql::both(
        "UPDATE deliveries SET status = $2, attempts = attempts + 1, response_status = $3, \
         error = $4, updated_at = $5 \
         WHERE id = $1 AND (status = 'pending' OR CAST($6 AS boolean))",
    );
    REFUSED = Sql::both(
        "UPDATE deliveries SET status = 'failed', error = $2, updated_at = $3 \
         WHERE id = $1 AND status = 'pending'",
    );
    FIND -> DeliveryRow = select!("WHERE d.webhook_id = $1 AND d.id = $2");
    LIST -> DeliveryRow =
        select!("WHERE d.webhook_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3");
    DELETE_OF = Sql::both("DELETE FROM deliveries WHERE webhook_id = $1");
    DELETE_OLD = Sql::both(
        "DELETE FROM deliveries WHERE id IN \
         (SELECT id FROM deliveries WHERE created_at <= $1 LIMIT $2)",
    );
}

/// Makes a delivery, unless there is one of that id.
pub fn insert(delivery: &NewDelivery<'_>) -> Write {
    let NewDelivery { id, project_id, webhook_id, event_id, event_type, subject, asked, now } =
        delivery;
    Write::new(
        INSERT,
        params![
            id.uuid(),
            project_id.uuid(),
            webhook_id.uuid(),
            *event_id,
            *event_type,
            *subject,
            *asked,
            now.micros(),
        ],
    )
}

/// Says which run sends a delivery, if that is not said yet.
pub fn sent_by(id: DeliveryId, run_id: RunId) -> Write {
    Write::new(SENT_BY, params![id.uuid(), run_id.uuid()])
}

/// Says that another run sends a delivery again, because a person asked for it.
pub fn again(id: DeliveryId, run_id: RunId) -> Write {
    Write::new(AGAIN, params![id.uuid(), run_id.uuid()])
}

/// Notes an attempt at a delivery that is pending; that one was taken, of any.
pub fn attempted(id: DeliveryId, attempt: &Attempt<'_>) -> Write {
    let Attempt { status, response_status, error, now } = *attempt;
    let answered = response_status.map(i64::from);
    let taken = status == "delivered";
    Write::new(ATTEMPTED, params![id.uuid(), status, answered, error, now.micros(), taken])
}

/// Notes that a pending delivery will not be sent.
pub fn refused(id: DeliveryId, error: &str, now: Timestamp) -> Write {
    Write::new(REFUSED, params![id.uuid(), error, now.micros()])
}

/// The delivery of that id.
pub fn find(webhook_id: WebhookId, id: DeliveryId) -> Query<DeliveryRow> {
    Query::new(FIND, params![webhook_id.uuid(), id.uuid()])
}

/// Deliveries to a webhook, those of the latest events first.
pub fn list(webhook_id: WebhookId, before: Option<Uuid>, limit: u32) -> Query<DeliveryRow> {
    Query::new(LIST, params![webhook_id.uuid(), before.unwrap_or(Uuid::max()), limit])
}

/// Removes the deliveries of a webhook.
pub fn delete_of(webhook_id: WebhookId) -> Write {
    Write::new(DELETE_OF, params![webhook_id.uuid()])
}

/// Removes at most `limit` deliveries that came to be by `end`.
pub fn delete_old(end: Timestamp, limit: u32) -> Write {
    Write::new(DELETE_OLD, params![end.micros(), limit])
}
