//! One attempt at a delivery: signed at the time of sending, and what its answer means.

use gathering_domain::{
    Actor, Advice, ApiKeyId, AuditAction, Duration, EffectId, Failure, Permission, ProjectId, Role,
    RunId, Timestamp, WebhookId,
};
use gathering_storage::{
    Tx,
    channels::{self, ChannelRow},
    deliveries::{self, Attempt, DeliveryRow},
    webhooks::{self as rows, WebhookRow},
};
use serde_json::{Value, json};

use super::{
    ANSWER_WITHIN, Delivered, DeliveryOrder, DeliveryStatus, Disabled, LONGEST_FAILURE,
    MOST_FAILURES, NoticeOrder, Webhooks, change::named, keys,
};
use crate::{
    Caller, Error, Post, Posted, Result,
    audit::Trail,
    channels::{Notice, Sent, effect_kind},
    signatures::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign, timestamp},
};

/// The most bytes of a message.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What follows an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Tried {
    /// The delivery has ended, well or not.
    Ended(Delivered),
    /// It is tried again.
    Again(Failure),
}

/// Whoever a delivery acts for: who wrote the webhook, or asked for the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActsFor {
    /// Who.
    pub actor: Actor,
    /// By which API key they did.
    pub api_key_id: Option<ApiKeyId>,
    /// The webhook's project.
    pub project_id: ProjectId,
}

/// What an answer means.
struct Verdict {
    status: Option<u16>,
    /// None if the message was taken.
    error: Option<Failure>,
    may_pass: bool,
    gone: bool,
}

impl Webhooks<'_> {
    /// Sends an event to a webhook once. `last` says that there is no other attempt after this one. That
    /// whoever it acts for may not have it sent any more ends the delivery, and counts against the webhook. A
    /// failure is one of the store, before anything was sent or after: the receiver knows the message by its id.
    pub async fn attempt(
        &self,
        by: &ActsFor,
        (order, run_id): (DeliveryOrder, RunId),
        payload: &Value,
        last: bool,
    ) -> Result<Tried> {
        let project_id = by.project_id;
        let (caller, refused) = match self.acting(by).await? {
            Ok(caller) => (caller, None),
            Err(why) => (by.without_rights(), Some(why)),
        };
        let DeliveryOrder { webhook_id, delivery_id } = order;
        let database = self.app.database();
        let row = rows::find(project_id, webhook_id).first(database).await?;
        let delivery = deliveries::find(webhook_id, delivery_id).first(database).await?;
        let Some(row) = row else {
            let why = format!("there is no webhook `{webhook_id}` any more");
            return Ok(ended(None, Failure::fatal("webhook_gone", why)));
        };
        let Some(delivery) = delivery else {
            let why = format!("there is no delivery `{delivery_id}` any more");
            return Ok(ended(None, Failure::fatal("delivery_gone", why)));
        };
        if let Some(noted) = self.noted(project_id, &row, (&delivery, run_id)).await? {
            return Ok(Tried::Ended(noted));
        }
        if !row.enabled && !delivery.asked {
            let why = format!("the webhook `{webhook_id}` is disabled");
            let now = self.app.now();
            let refused = deliveries::refused(delivery_id, run_id, "webhook_disabled", now);
            self.app.write(refused).await?;
            return Ok(ended(None, Failure::fatal("webhook_disabled", why)));
        }
        let verdict = match refused {
            Some(error) => Verdict::refused(Failure::fatal(error.code(), error.to_string())),
            None => self.send(project_id, &row, &delivery, payload).await?,
        };
        if verdict.may_pass && !last {
            let failure = verdict.error.unwrap_or_else(|| Failure::fatal("internal", ""));
            let attempt = Attempt {
                status: DeliveryStatus::Pending.as_str(),
                response_status: verdict.status,
                error: Some(&failure.code),
                now: self.app.now(),
            };
            self.app.write(deliveries::attempted(delivery_id, run_id, &attempt)).await?;
            // Whether it arrived or not, it may come again.
            let advice = Advice::Retry { after: failure.advice.asked_wait() };
            return Ok(Tried::Again(Failure { advice, ..failure }));
        }
        let disabled =
            self.settle(&caller, project_id, &row, (&delivery, run_id), &verdict).await?;
        let Verdict { status, error, .. } = verdict;
        Ok(Tried::Ended(Delivered { status, error, disabled }))
    }

    /// Who has events sent, or why they may not any more.
    pub(super) async fn acting(&self, by: &ActsFor) -> Result<Result<Caller, Error>> {
        let ActsFor { actor, api_key_id, project_id } = *by;
        let acting = self.app.identity().acting(actor, api_key_id, project_id).await;
        match acting.and_then(may_send) {
            Err(error) if error.may_pass() => Err(error),
            acting => Ok(acting),
        }
    }

    /// Tells people that the server disabled a webhook, over its channel and in the server's own name: whoever
    /// wrote the webhook may have lost the right to tell anybody. Nothing is told of one that is not disabled.
    pub async fn tell_disabled(
        &self,
        (project_id, webhook_id): (ProjectId, WebhookId),
        notice: &Notice,
        ids: (EffectId, RunId),
        timeout: Duration,
    ) -> Result<Sent, Failure> {
        let failure = |error: &Error| {
            if error.may_pass() {
                return Failure::retryable(error.code(), error.to_string(), None);
            }
            Failure::fatal(error.code(), error.to_string())
        };
        let row = rows::find(project_id, webhook_id).first(self.app.database()).await;
        let row = row.map_err(|error| failure(&error.into()))?;
        if row.is_none_or(|row| row.disabled_reason.is_none()) {
            let why = format!("the webhook `{webhook_id}` is not disabled any more");
            return Err(Failure::fatal("webhook_enabled", why));
        }
        let server = Caller::new(Actor::System, Role::Owner, project_id);
        self.app.channels().notify(&server, notice, ids, timeout).await
    }

    /// How this run ended the delivery, if it was noted before a server ended and the run's journal does not
    /// have it: nothing is sent again, and people are told all the same.
    async fn noted(
        &self,
        project_id: ProjectId,
        row: &WebhookRow,
        (delivery, run_id): (&DeliveryRow, RunId),
    ) -> Result<Option<Delivered>> {
        if delivery.status == DeliveryStatus::Pending.as_str() || delivery.run_id != Some(run_id) {
            return Ok(None);
        }
        let error = delivery.error.as_ref().map(|code| {
            Failure::fatal(code, "the webhook's list of deliveries has how the attempt ended")
        });
        // What disabled the webhook was noted together with it, at that moment.
        let reason = row.disabled_reason.as_deref();
        let reason = reason.filter(|_| !row.enabled && row.updated_at == delivery.updated_at);
        let disabled = match reason {
            None => None,
            Some(reason) => {
                let channel = match &row.channel {
                    Some(name) => {
                        channels::find_named(project_id, name).first(self.app.database()).await?
                    }
                    None => None,
                };
                Some(disabled(row, reason, channel)?)
            }
        };
        Ok(Some(Delivered { status: delivery.response_status, error, disabled }))
    }

    /// Signs a message and sends it.
    async fn send(
        &self,
        project_id: ProjectId,
        row: &WebhookRow,
        delivery: &DeliveryRow,
        payload: &Value,
    ) -> Result<Verdict> {
        let now = self.app.now();
        let body = payload.to_string().into_bytes();
        if body.len() > MAX_BODY_BYTES {
            let why = format!("the message has more than {MAX_BODY_BYTES} bytes");
            return Ok(Verdict::refused(Failure::fatal("too_large", why)));
        }
        let id = delivery.id.to_string();
        let signature = sign(&keys::open(self.app, project_id, row, now)?, &id, now, &body);
        let post = Post {
            project_id,
            url: row.url.clone().into(),
            is_secret: false,
            headers: vec![
                (ID_HEADER, id),
                (TIMESTAMP_HEADER, timestamp(now)),
                (SIGNATURE_HEADER, signature),
                ("content-type", "application/json".to_owned()),
            ],
            body,
            timeout: ANSWER_WITHIN,
            held_to: self.app.project_hosts().find(project_id).await?,
        };
        Ok(match self.app.inner.courier.post(post).await {
            Ok(posted) => Verdict::of(&posted),
            Err(failure) => Verdict {
                status: None,
                may_pass: failure.advice != Advice::Fail,
                error: Some(failure),
                gone: false,
            },
        })
    }

    /// Notes how a delivery ended. The first time that it failed counts against its webhook.
    async fn settle(
        &self,
        caller: &Caller,
        project_id: ProjectId,
        row: &WebhookRow,
        (delivery, run_id): (&DeliveryRow, RunId),
        verdict: &Verdict,
    ) -> Result<Option<Disabled>> {
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let (id, delivery_id) = (row.id, delivery.id);
        let (status, gone) = (verdict.status, verdict.gone);
        let error = verdict.error.as_ref().map(|error| error.code.clone());
        let settled = self.app.audited(move |tx| {
            let ended =
                if error.is_none() { DeliveryStatus::Delivered } else { DeliveryStatus::Failed };
            let attempt = Attempt {
                status: ended.as_str(),
                response_status: status,
                error: error.as_deref(),
                now,
            };
            let first = deliveries::attempted(delivery_id, run_id, &attempt).run_in(tx)? == 1;
            if error.is_none() {
                rows::worked(project_id, id).run_in(tx)?;
                return Ok(None);
            }
            if first {
                rows::failed(project_id, id, now).run_in(tx)?;
            }
            let Some(row) = rows::find(project_id, id).first_in(tx)? else { return Ok(None) };
            match too_much(&row, gone, now) {
                Some(reason) => disable(tx, &trail, (project_id, run_id), &row, &reason, now),
                None => Ok(None),
            }
        });
        settled.await
    }
}

impl ActsFor {
    /// They, where they may have nothing sent any more.
    pub(super) fn without_rights(&self) -> Caller {
        Caller::without_rights(self.actor, self.api_key_id, self.project_id)
    }
}

/// Whoever has events sent must still be allowed to say where they go, and to see them.
fn may_send(caller: Caller) -> Result<Caller> {
    caller.require_here(Permission::IntegrationWrite)?;
    caller.require_here(Permission::Read)?;
    Ok(caller)
}

impl Verdict {
    fn refused(error: Failure) -> Self {
        Self { status: None, error: Some(error), may_pass: false, gone: false }
    }

    /// 2xx takes the message, 410 wants no other; what may pass is 408, 425, 429 and 5xx.
    fn of(posted: &Posted) -> Self {
        let Posted { status, text, retry_after } = posted;
        let (status, after) = (*status, *retry_after);
        let message = || format!("the receiver answered {status}: {text}");
        let may_pass = matches!(status, 408 | 425 | 429 | 500..);
        let error = match status {
            200..=299 => None,
            429 => Some(Failure::retryable("rate_limited", message(), after)),
            _ if may_pass => Some(Failure::retryable("server_error", message(), after)),
            _ => Some(Failure::fatal("http_status", message())),
        };
        Self { status: Some(status), error, may_pass, gone: status == 410 }
    }
}

/// Why a webhook is to be disabled, if it is.
fn too_much(row: &WebhookRow, gone: bool, now: Timestamp) -> Option<String> {
    if gone {
        return Some("the receiver answered 410: it wants no more".to_owned());
    }
    if row.failures >= MOST_FAILURES {
        return Some(format!("{} deliveries failed one after the other", row.failures));
    }
    let since = row.failing_since.map(|since| now.since(since));
    let long = since.filter(|since| *since >= LONGEST_FAILURE)?;
    Some(format!("no delivery was taken for {}", Duration::from_secs(long.millis() / 1_000)))
}

/// Disables a webhook, unless it is already, and says whom to tell.
fn disable(
    tx: &mut Tx<'_>,
    trail: &Trail,
    (project_id, run_id): (ProjectId, RunId),
    row: &WebhookRow,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Disabled>> {
    if rows::disable(project_id, row.id, reason, now).run_in(tx)? == 0 {
        return Ok(None);
    }
    let detail = json!({ "reason": reason, "run_id": run_id });
    trail.done(tx, AuditAction::WebhookDisable, named(row.id), detail)?;
    let channel = match &row.channel {
        Some(name) => channels::find_named(project_id, name).first_in(tx)?,
        None => None,
    };
    disabled(row, reason, channel).map(Some)
}

/// That a webhook was disabled, and what people are told of it over its channel.
fn disabled(row: &WebhookRow, reason: &str, channel: Option<ChannelRow>) -> Result<Disabled> {
    let notice = channel.map(|channel| -> Result<NoticeOrder> {
        let what = if row.description.is_empty() { row.url.as_str() } else { &row.description };
        Ok(NoticeOrder {
            kind: effect_kind(&channel)?,
            channel: channel.name,
            title: "A webhook was disabled".to_owned(),
            text: format!(
                "Events are not sent to {what} any more ({}): {reason}. Enable it again once the \
                 receiver works.",
                row.id
            ),
        })
    });
    Ok(Disabled { reason: reason.to_owned(), notice: notice.transpose()? })
}

fn ended(status: Option<u16>, error: Failure) -> Tried {
    Tried::Ended(Delivered { status, error: Some(error), disabled: None })
}
