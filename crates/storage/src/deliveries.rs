//! Deliveries: events on their way to webhooks.

use gathering_database::{Sql, Value, params, row};
use gathering_domain::{Actor, DeliveryId, ProjectId, RunId, RunStatus, Timestamp, WebhookId};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    audit::Record,
    runs::still_shown_to,
    statement::{Query, Write, statements},
};

/// What refuses the start of a run for a delivery that another run sends by now.
pub const SENT_BY_ANOTHER_CONSTRAINT: &str = "deliveries_sent_by";
/// The constraint that refuses a second delivery of an id.
pub const DELIVERY_CONSTRAINT: &str = "deliveries_pkey";

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
        /// To which run it happened; to none, for a message that tries the webhook.
        pub event_run_id: Option<RunId> as Option<Uuid> => |id| Some(id.map(RunId::from_uuid)),
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its webhook.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: String,
    /// What kind of event.
    pub event_type: String,
    /// What it is about.
    pub subject: String,
    /// To which run it happened, if to one.
    pub event_run_id: Option<RunId>,
    /// Whether a person asked for it.
    pub asked: bool,
    /// When.
    pub now: Timestamp,
}

/// What the start of a run means for a delivery; it is done with the run, or neither is.
#[derive(Debug, Clone)]
pub struct DeliveryStart {
    /// What becomes of the delivery.
    pub step: DeliveryStep,
    /// What is recorded of it, if a person asked for it.
    pub record: Option<Record>,
}

/// What becomes of a delivery with the start of the run that sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryStep {
    /// It comes to be.
    New(NewDelivery),
    /// A person asked for it to be sent again.
    Again {
        /// The delivery.
        id: DeliveryId,
        /// The run that sent it until now, if one did.
        of: Option<RunId>,
    },
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
    ($($rest:tt)+) => {
        Sql::both(concat!(
            "SELECT d.id, d.webhook_id, d.event_id, d.event_type, d.subject, d.event_run_id, d.asked, d.run_id, \
             r.status AS run_status, d.status, d.attempts, d.response_status, d.error, d.created_at, \
             d.updated_at FROM deliveries d LEFT JOIN runs r ON r.id = d.run_id ",
            $($rest)+
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO deliveries (id, project_id, webhook_id, event_id, event_type, subject, asked, \
         event_run_id, run_id, status, attempts, response_status, error, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $9, $10, 'pending', 0, NULL, NULL, $8, $8)",
    );
    INSERT_REFUSED = Sql::both(
        "INSERT INTO deliveries (id, project_id, webhook_id, event_id, event_type, subject, asked, \
         event_run_id, run_id, status, attempts, response_status, error, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $9, NULL, 'failed', 0, NULL, $10, $8, $8) \
         ON CONFLICT (id) DO NOTHING",
    );
    AGAIN = Sql::both(
        "UPDATE deliveries SET run_id = $2, status = 'pending', asked = true, error = NULL \
         WHERE id = $1 AND run_id IS NOT DISTINCT FROM $3",
    );
    ATTEMPTED = Sql::both(
        "UPDATE deliveries SET status = $2, attempts = attempts + 1, response_status = $3, \
         error = $4, updated_at = $5 \
         WHERE id = $1 AND ((status = 'pending' AND run_id = $7) OR CAST($6 AS boolean))",
    );
    REFUSED = Sql::both(
        "UPDATE deliveries SET status = 'failed', error = $2, updated_at = $3 \
         WHERE id = $1 AND status = 'pending' AND run_id = $4",
    );
    FIND -> DeliveryRow = select!("WHERE d.webhook_id = $1 AND d.id = $2");
    LIST -> DeliveryRow =
        select!(
            "WHERE d.webhook_id = $1 AND d.id < $2 AND ",
            still_shown_to!("d.event_run_id", "$4"),
            " ORDER BY d.id DESC LIMIT $3"
        );
    LEAVE = Sql::both("INSERT INTO removed_webhooks (id) VALUES ($1) ON CONFLICT (id) DO NOTHING");
    LEFT = Sql::both("SELECT id FROM removed_webhooks ORDER BY id LIMIT 1");
    DELETE_OF = Sql::both(
        "DELETE FROM deliveries WHERE id IN \
         (SELECT id FROM deliveries WHERE webhook_id = $1 LIMIT $2)",
    );
    /// Only once there is none.
    DONE_WITH = Sql::both(
        "DELETE FROM removed_webhooks WHERE id = $1 AND NOT EXISTS \
         (SELECT 1 FROM deliveries WHERE webhook_id = $1)",
    );
    /// One whose run has not ended is sent yet. One may be pending whose run has ended, by a cancel for instance.
    DELETE_OLD = Sql::both(
        "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE updated_at <= $1 \
           AND (status <> 'pending' OR NOT EXISTS ( \
             SELECT 1 FROM runs WHERE runs.id = deliveries.run_id AND runs.finished_at IS NULL)) \
         ORDER BY updated_at LIMIT $2)",
    );
}

/// Makes a delivery that is not sent, unless there is one of that id.
pub fn insert_refused(delivery: &NewDelivery, error: &str) -> Write {
    let mut values = values(delivery);
    values.extend(params![error]);
    Write::new(INSERT_REFUSED, values)
}

fn values(delivery: &NewDelivery) -> Vec<Value> {
    let NewDelivery { id, project_id, webhook_id, event_id, event_type, subject, asked, .. } =
        delivery;
    params![
        id.uuid(),
        project_id.uuid(),
        webhook_id.uuid(),
        event_id.as_str(),
        event_type.as_str(),
        subject.as_str(),
        *asked,
        delivery.now.micros(),
        delivery.event_run_id.map(RunId::uuid),
    ]
}

/// What the start of a run writes of its delivery; it must find what it expects.
pub(crate) fn begin(step: &DeliveryStep, run_id: RunId) -> Write {
    match step {
        DeliveryStep::New(delivery) => {
            let mut values = values(delivery);
            values.extend(params![run_id.uuid()]);
            Write::new(INSERT, values)
        }
        DeliveryStep::Again { id, of } => {
            let of = of.map(RunId::uuid);
            Write::new(AGAIN, params![id.uuid(), run_id.uuid(), of]).expecting(1)
        }
    }
}

impl DeliveryStart {
    /// The delivery.
    pub const fn id(&self) -> DeliveryId {
        match &self.step {
            DeliveryStep::New(NewDelivery { id, .. }) | DeliveryStep::Again { id, .. } => *id,
        }
    }
}

/// Notes an attempt of a run at a delivery that is pending and this run's to send; that one was taken, of any.
pub fn attempted(id: DeliveryId, run_id: RunId, attempt: &Attempt<'_>) -> Write {
    let Attempt { status, response_status, error, now } = *attempt;
    let answered = response_status.map(i64::from);
    let (taken, run_id) = (status == "delivered", run_id.uuid());
    Write::new(ATTEMPTED, params![id.uuid(), status, answered, error, now.micros(), taken, run_id])
}

/// Notes that a pending delivery will not be sent by its run.
pub fn refused(id: DeliveryId, run_id: RunId, error: &str, now: Timestamp) -> Write {
    Write::new(REFUSED, params![id.uuid(), error, now.micros(), run_id.uuid()])
}

/// The delivery of that id.
pub fn find(webhook_id: WebhookId, id: DeliveryId) -> Query<DeliveryRow> {
    Query::new(FIND, params![webhook_id.uuid(), id.uuid()])
}

/// Deliveries to a webhook, those of the latest events first. Without those of events of runs that are
/// another person's than `shown_to`.
pub fn list(
    webhook_id: WebhookId,
    before: Option<Uuid>,
    limit: u32,
    shown_to: Option<Actor>,
) -> Query<DeliveryRow> {
    let before = before.unwrap_or(Uuid::max());
    Query::new(LIST, params![webhook_id.uuid(), before, limit, shown_to.map(actor_text)])
}

/// Leaves the deliveries of a webhook that is removed to whoever removes them piece by piece.
pub fn leave(webhook_id: WebhookId) -> Write {
    Write::new(LEAVE, params![webhook_id.uuid()])
}

/// A webhook whose deliveries were left so, if there is one.
pub fn left() -> Query<(Uuid,)> {
    Query::new(LEFT, params![])
}

/// Removes at most `limit` of the deliveries that were left of a webhook, and forgets the webhook with the last.
pub fn delete_left(webhook_id: WebhookId, limit: u32) -> [Write; 2] {
    let delete = Write::new(DELETE_OF, params![webhook_id.uuid(), limit]);
    [delete, Write::new(DONE_WITH, params![webhook_id.uuid()])]
}

/// Removes at most `limit` deliveries that were sent last by `end`, and are not under way.
pub fn delete_old(end: Timestamp, limit: u32) -> Write {
    Write::new(DELETE_OLD, params![end.micros(), limit])
}
