//! Deliveries: looked at, made for an event, sent again because a person asks for it.

use gathering_domain::{AuditAction, DeliveryId, Permission, ProjectId, WebhookId};
use gathering_engine::{EntryBody, Limits};
use gathering_storage::{
    deliveries::{self as rows, NewDelivery},
    load_journal,
    webhooks::WebhookRow,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Delivery, DeliveryOrder, DeliveryStatus, Webhooks, change::named};
use crate::{
    Caller, Conflict, Error, Page, PageRequest, Result,
    events::Envelope,
    runs::{Runnable, StartRun, Trigger},
    store_page::after_id,
};

/// Deliveries that are removed in one transaction.

impl Webhooks<'_> {
    /// Deliveries to a webhook, those of the latest events first. Old ones are removed.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: WebhookId,
        page: PageRequest,
    ) -> Result<Page<Delivery>> {
        let project_id = caller.require_here(Permission::Read)?;
        self.row(project_id, id).await?;
        let (limit, before) = (page.limit()?, after_id(&page, DeliveryId::uuid)?);
        let found = rows::list(id, before, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| row.id.to_string()).map(Delivery::from))
    }

    /// Sends an event again, under the same id, also to a webhook that is disabled.
    pub async fn redeliver(
        &self,
        caller: &Caller,
        id: WebhookId,
        delivery_id: DeliveryId,
    ) -> Result<Delivery> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        self.row(project_id, id).await?;
        let found = rows::find(id, delivery_id).first(self.app.database()).await?;
        let found = found.ok_or_else(|| Error::not_found("delivery", delivery_id))?;
        let run_id = found.run_id;
        if Delivery::from(found).status == DeliveryStatus::Pending {
            let message = "the delivery is under way: it is tried again by itself";
            return Err(Error::conflict(Conflict::InUse, message));
        }
        let payload = match run_id {
            Some(run_id) => load_journal(self.app.database(), run_id).await?.into_iter().next(),
            None => None,
        };
        let payload = payload.and_then(|entry| match entry.body {
            EntryBody::RunStarted(started) => Some(Value::clone(&started.input)),
            _ => None,
        });
        let payload =
            payload.ok_or_else(|| Error::not_found("event of the delivery", delivery_id))?;
        let order = DeliveryOrder { webhook_id: id, delivery_id };
        let started = self.app.runs().start(caller, sending(order, payload, None)).await?;
        let (run_id, trail) = (started.run.id, self.app.trail(caller));
        let again = self.app.audited(move |tx| {
            rows::again(delivery_id, run_id).expecting(1).run_in(tx)?;
            let detail = json!({ "delivery_id": delivery_id, "run_id": run_id });
            trail.done(tx, AuditAction::WebhookRedeliver, named(id), detail)?;
            let row = rows::find(id, delivery_id).first_in(tx)?;
            row.map(Delivery::from).ok_or(Error::defect("find a delivery again"))
        });
        again.await
    }

    /// Sends a message to a webhook to try it, also if it is disabled.
    pub async fn test(&self, caller: &Caller, id: WebhookId) -> Result<Delivery> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        self.row(project_id, id).await?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let delivery_id = DeliveryId::next(&*self.app.inner.ids);
        let (event_type, subject) = ("webhook.test", id.to_string());
        let payload = json!({
            "type": event_type,
            "timestamp": now.to_rfc3339(),
            "data": { "webhook_id": id },
            "id": delivery_id,
            "subject": subject,
            "project_id": project_id,
        });
        let made = self.app.audited(move |tx| {
            let delivery = NewDelivery {
                id: delivery_id,
                project_id,
                webhook_id: id,
                event_id: &delivery_id.to_string(),
                event_type,
                subject: &subject,
                asked: true,
                now,
            };
            rows::insert(&delivery).run_in(tx)?;
            let detail = json!({ "delivery_id": delivery_id });
            trail.done(tx, AuditAction::WebhookTest, named(id), detail)
        });
        made.await?;
        let order = DeliveryOrder { webhook_id: id, delivery_id };
        self.start(caller, order, payload).await?;
        let row = rows::find(id, delivery_id).first(self.app.database()).await?;
        row.map(Delivery::from).ok_or(Error::defect("find a delivery that was made"))
    }

    /// Has an event sent to a webhook, once however often it is asked for. The caller is whoever the webhook
    /// acts for, or why there is nobody.
    pub(super) async fn deliver(
        &self,
        project_id: ProjectId,
        row: &WebhookRow,
        caller: &Result<Caller>,
        event: &Envelope,
    ) -> Result<()> {
        let order = DeliveryOrder { webhook_id: row.id, delivery_id: delivery_id(row.id, event) };
        let delivery = NewDelivery {
            id: order.delivery_id,
            project_id,
            webhook_id: row.id,
            event_id: &event.id,
            event_type: &event.event_type,
            subject: &event.subject,
            asked: false,
            now: self.app.now(),
        };
        self.app.write(rows::insert(&delivery)).await?;
        let started = match caller {
            Ok(caller) => self.start(caller, order, payload(event)).await,
            Err(why) => Err(why.clone()),
        };
        match started {
            Err(error) if !error.may_pass() => {
                self.refuse(project_id, row, order.delivery_id, &error).await
            }
            started => started,
        }
    }

    /// Starts the run that sends a delivery, once.
    async fn start(&self, caller: &Caller, order: DeliveryOrder, payload: Value) -> Result<()> {
        let key = Some(order.delivery_id.to_string());
        let started = self.app.runs().start(caller, sending(order, payload, key)).await?;
        self.app.write(rows::sent_by(order.delivery_id, started.run.id)).await?;
        Ok(())
    }
}

fn sending(order: DeliveryOrder, payload: Value, key: Option<String>) -> StartRun {
    StartRun {
        what: Runnable::Delivery(order),
        input: payload,
        trigger: Trigger::Webhook,
        idempotency_key: key,
        model: None,
        limits: Limits::default(),
        priority: None,
    }
}

/// The id of the delivery of an event to a webhook: the same however often the event is read, and later than
/// those of earlier events.
fn delivery_id(webhook_id: WebhookId, event: &Envelope) -> DeliveryId {
    use sha2::{Digest as _, Sha256};
    let hash = Sha256::new()
        .chain_update(webhook_id.uuid().as_bytes())
        .chain_update(event.id.as_bytes())
        .finalize();
    let mut rest = [0; 10];
    rest.copy_from_slice(&hash[..10]);
    let millis = u64::try_from(event.at.micros() / 1_000).unwrap_or_default();
    DeliveryId::from_uuid(uuid_of(millis, &rest))
}

fn uuid_of(millis: u64, rest: &[u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(millis, rest).into_uuid()
}

/// An event as receivers get it: type, time and data as Standard Webhooks asks, and where it comes from.
fn payload(event: &Envelope) -> Value {
    json!({
        "type": event.event_type,
        "timestamp": event.at.to_rfc3339(),
        "data": event.data,
        "id": event.id,
        "subject": event.subject,
        "project_id": event.project_id,
    })
}
