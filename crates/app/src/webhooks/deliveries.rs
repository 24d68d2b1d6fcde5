//! Deliveries: looked at, made for an event, sent again because a person asks for it.

use gathering_domain::{
    AuditAction, AuditOutcome, DeliveryId, Permission, ProjectId, RunId, WebhookId,
};
use gathering_engine::{EntryBody, Lineage};
use gathering_storage::{
    Unit,
    deliveries::{self as rows, DeliveryStart, DeliveryStep, NewDelivery},
    load_first,
    webhooks::WebhookRow,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Delivery, DeliveryOrder, DeliveryStatus, Webhooks, change::named};
use crate::{
    Caller, Conflict, Error, Page, PageRequest, Result, events::Envelope, runs::SendDelivery,
    store_page::after_id,
};

/// Deliveries of a removed webhook that are removed in one transaction.
const REMOVED_AT_ONCE: u32 = 500;

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
        let found = rows::list(id, before, limit + 1, caller.looks_as());
        let found = found.all(self.app.database()).await?;
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
        let database = self.app.database();
        let found = rows::find(id, delivery_id).first(database).await?;
        let found = found.ok_or_else(|| Error::not_found("delivery", delivery_id))?;
        let of = found.run_id;
        // The run of the event may be gone by now; the one that sent it has all of it, if there was one.
        let Some(source) = of.or(found.event_run_id) else { return Err(gone(delivery_id)) };
        let seen = self.app.runs().require_visible(caller, source).await;
        seen.map_err(|error| match error {
            Error::NotFound { .. } if of.is_none() => gone(delivery_id),
            Error::NotFound { .. } => Error::not_found("delivery", delivery_id),
            error => error,
        })?;
        let event_id = found.event_id.clone();
        if Delivery::from(found).status == DeliveryStatus::Pending {
            return Err(under_way());
        }
        let payload = match of {
            Some(of) => load_first(database, of).await?.and_then(|entry| match entry.body {
                EntryBody::RunStarted(started) => Some(Value::clone(&started.input)),
                _ => None,
            }),
            None => self.app.events().find(project_id, &event_id).await?.as_ref().map(payload),
        };
        let payload = payload.ok_or_else(|| gone(delivery_id))?;
        let step = DeliveryStep::Again { id: delivery_id, of };
        let step = (step, AuditAction::WebhookRedeliver);
        let above = Some(self.lineage(source).await?);
        self.send_asked(caller, (id, delivery_id), step, (payload, above)).await
    }

    /// Sends a message to a webhook to try it, also if it is disabled.
    pub async fn test(&self, caller: &Caller, id: WebhookId) -> Result<Delivery> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        self.row(project_id, id).await?;
        let now = self.app.now();
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
        let step = DeliveryStep::New(NewDelivery {
            id: delivery_id,
            project_id,
            webhook_id: id,
            event_id: delivery_id.to_string(),
            event_type: event_type.to_owned(),
            subject,
            event_run_id: None,
            asked: true,
            now,
        });
        let step = (step, AuditAction::WebhookTest);
        self.send_asked(caller, (id, delivery_id), step, (payload, None)).await
    }

    /// Has a delivery sent because a person asks for it: what becomes of it, the record of that and its run
    /// come into being together.
    async fn send_asked(
        &self,
        caller: &Caller,
        (id, delivery_id): (WebhookId, DeliveryId),
        (step, action): (DeliveryStep, AuditAction),
        (payload, above): (Value, Option<Lineage>),
    ) -> Result<Delivery> {
        let run_id = RunId::next(&*self.app.inner.ids);
        let detail = json!({ "delivery_id": delivery_id, "run_id": run_id });
        let trail = self.app.trail(caller);
        let record = Some(trail.of(action, AuditOutcome::Done, named(id), detail)?);
        let order = DeliveryOrder { webhook_id: id, delivery_id };
        let delivery = DeliveryStart { step, record };
        let sending = SendDelivery { run_id, order, payload, above, delivery };
        self.app.runs().start_delivery(caller, sending).await?;
        self.app.recorded();
        let row = rows::find(id, delivery_id).first(self.app.database()).await?;
        row.map(Delivery::from).ok_or_else(|| Error::not_found("delivery", delivery_id))
    }

    /// Has an event sent to a webhook, once however often it is asked for. The caller is whoever the webhook
    /// acts for, whatever they may do.
    pub(super) async fn deliver(
        &self,
        row: &WebhookRow,
        caller: &Caller,
        event: &Envelope,
    ) -> Result<()> {
        let delivery = self.delivery(caller.project(), row, event);
        let order = DeliveryOrder { webhook_id: row.id, delivery_id: delivery.id };
        let found = rows::find(row.id, delivery.id).first(self.app.database()).await?;
        if found.is_some() {
            return Ok(());
        }
        let sending = SendDelivery {
            run_id: RunId::next(&*self.app.inner.ids),
            order,
            payload: payload(event),
            above: Some(self.lineage(event.run_id).await?),
            delivery: DeliveryStart { step: DeliveryStep::New(delivery), record: None },
        };
        match self.app.runs().start_delivery(caller, sending).await {
            // By another instance.
            Err(Error::Conflict { kind: Conflict::InUse, .. }) => Ok(()),
            Err(error) if !error.may_pass() => {
                self.pass_over(caller.project(), row, event, error.code()).await
            }
            started => started.map(drop),
        }
    }

    /// Notes that an event is not sent to a webhook, which is not its receiver's fault.
    pub(super) async fn pass_over(
        &self,
        project_id: ProjectId,
        row: &WebhookRow,
        event: &Envelope,
        code: &str,
    ) -> Result<()> {
        let delivery = self.delivery(project_id, row, event);
        self.app.write(rows::insert_refused(&delivery, code)).await?;
        Ok(())
    }

    fn delivery(&self, project_id: ProjectId, row: &WebhookRow, event: &Envelope) -> NewDelivery {
        NewDelivery {
            id: delivery_id(row.id, event),
            project_id,
            webhook_id: row.id,
            event_id: event.id.clone(),
            event_type: event.event_type.clone(),
            subject: event.subject.clone(),
            event_run_id: Some(event.run_id),
            asked: false,
            now: self.app.now(),
        }
    }

    /// What a delivery has from the run of its event, or from that which sent it before: it is that person's
    /// alone whose the run is, and the same triggers stand above it. It stands as deep, so that the last run
    /// of a chain is told of all the same; below a run that stands below none, it is the first. What a trigger
    /// starts for it stands deeper, so that a chain of webhooks and triggers comes to an end.
    async fn lineage(&self, run_id: RunId) -> Result<Lineage> {
        let origin = self.app.origin_of(run_id).await?;
        Ok(Lineage {
            depth: origin.depth.saturating_sub(1),
            budgets: Vec::new(),
            triggers: origin.triggers,
            private_to: self.app.runs().person(run_id).await?,
        })
    }

    /// Removes some of the deliveries of webhooks that were removed; says whether there may be more.
    pub async fn remove_left(&self) -> Result<bool> {
        let database = self.app.database();
        let Some((id,)) = rows::left().first(database).await? else { return Ok(false) };
        let [deliveries, webhook] = rows::delete_left(WebhookId::from_uuid(id), REMOVED_AT_ONCE);
        database.apply(Unit::new().with(deliveries.into()).with(webhook.into())).await?;
        Ok(true)
    }
}

/// There is nothing left from which the event could be sent.
fn gone(id: DeliveryId) -> Error {
    Error::not_found("event of the delivery", id)
}

/// A run sends the delivery at this moment, or will.
pub(crate) fn under_way() -> Error {
    let message = "the delivery is under way: it is tried again by itself";
    Error::conflict(Conflict::InUse, message)
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
