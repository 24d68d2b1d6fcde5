//! Making, changing and removing a webhook, and giving it another secret.

use gathering_domain::{
    AuditAction, Duration, Fault, Permission, Pointer, SubjectPattern, WebhookId,
};
use gathering_expressions::{Expression, Names};
use gathering_storage::{
    IdempotencyRow, channels, deliveries,
    webhooks::{self as rows, WebhookRow},
};
use serde_json::{Value, json};

use super::{LONGEST_OVERLAP, MOST_WEBHOOKS, Webhook, WebhookSecret, WebhookSpec, Webhooks, keys};
use crate::{Caller, Error, Result, audit::Target, idempotency::asked_once};

/// The scope of idempotency keys of webhooks.
const SCOPE: &str = "webhook.create";
/// The longest address, in bytes.
const MAX_URL_BYTES: usize = 2_000;
/// The longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 500;
/// The most patterns.
const MOST_PATTERNS: usize = 50;

impl Webhooks<'_> {
    /// Makes a webhook with a secret of its own, once for a key. A request that is repeated is answered with
    /// the webhook as it is now, without its secret.
    pub async fn create(
        &self,
        caller: &Caller,
        spec: WebhookSpec,
        key: Option<String>,
    ) -> Result<WebhookSecret> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        let asked = asked_once(SCOPE, key, || json!(spec))?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            let found = rows::find(project_id, id_of(&earlier)).first(self.app.database()).await?;
            return repeated(found, &earlier);
        }
        self.check(caller, &spec).await?;
        let (now, trail, app) = (self.app.now(), self.app.trail(caller), self.app.clone());
        let (actor, api_key_id) = (caller.actor(), caller.api_key());
        let id = WebhookId::next(&*self.app.inner.ids);
        let key = keys::new_key(self.app);
        let secret = key.to_text();
        let made = self.app.make_once(project_id, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return repeated(rows::find(project_id, id_of(earlier)).first_in(tx)?, earlier);
            }
            let (count,) = rows::count(project_id).first_in(tx)?.unwrap_or_default();
            let most = u64::from(MOST_WEBHOOKS);
            if count >= most {
                return Err(Error::Limit { what: "webhooks", most });
            }
            let sealed = keys::seal(&app, tx, (project_id, id), std::slice::from_ref(&key))?;
            let WebhookSpec { url, description, events, filter, channel, enabled } = spec.clone();
            let row = WebhookRow {
                id,
                actor,
                api_key_id,
                url,
                description,
                events,
                filter,
                filter_error: None,
                channel,
                enabled,
                disabled_reason: None,
                sealed,
                overlap_until: None,
                failures: 0,
                failing_since: None,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            rows::insert(project_id, &row).run_in(tx)?;
            let detail = json!({ "events": row.events, "enabled": row.enabled });
            trail.done(tx, AuditAction::WebhookCreate, named(id), detail)?;
            Ok(WebhookSecret { webhook: row.into(), secret: Some(secret.clone()) })
        });
        made.await
    }

    /// Changes a webhook that is still at `version`. Deliveries act for whoever did that last. To enable one
    /// that the server disabled begins its count anew.
    pub async fn update(
        &self,
        caller: &Caller,
        id: WebhookId,
        spec: WebhookSpec,
        version: u64,
    ) -> Result<Webhook> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        self.row(project_id, id).await?;
        self.check(caller, &spec).await?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let (actor, api_key_id) = (caller.actor(), caller.api_key());
        let changed = self.app.audited(move |tx| {
            let found = rows::find(project_id, id).first_in(tx)?;
            let before = found.ok_or_else(|| Error::not_found("webhook", id))?;
            if before.version != version {
                let current = before.version;
                return Err(Error::PreconditionFailed { noun: "webhook", current });
            }
            let WebhookSpec { url, description, events, filter, channel, enabled } = spec.clone();
            let mut after = WebhookRow {
                actor,
                api_key_id,
                url,
                description,
                events,
                filter,
                channel,
                enabled,
                updated_at: now,
                ..before.clone()
            };
            if enabled && !before.enabled {
                (after.disabled_reason, after.failures, after.failing_since) = (None, 0, None);
            }
            if after.filter != before.filter {
                after.filter_error = None;
            }
            rows::update(project_id, &after).expecting(1).run_in(tx)?;
            after.version += 1;
            let fields = [
                ("url", before.url != after.url),
                ("description", before.description != after.description),
                ("events", before.events != after.events),
                ("filter", before.filter != after.filter),
                ("channel", before.channel != after.channel),
                ("enabled", before.enabled != after.enabled),
            ];
            let fields = fields.into_iter().filter_map(|(name, changed)| changed.then_some(name));
            let fields: Vec<_> = fields.collect();
            let detail = json!({ "version": after.version, "changed": fields });
            trail.done(tx, AuditAction::WebhookUpdate, named(id), detail)?;
            Ok(after)
        });
        Ok(changed.await?.into())
    }

    /// Removes a webhook; its deliveries go soon after, piece by piece. What is under way to it is given up at its next attempt.
    pub async fn delete(&self, caller: &Caller, id: WebhookId) -> Result<()> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        let trail = self.app.trail(caller);
        let deleted = self.app.audited(move |tx| {
            if rows::delete(project_id, id).run_in(tx)? == 0 {
                return Err(Error::not_found("webhook", id));
            }
            deliveries::leave(id).run_in(tx)?;
            trail.done(tx, AuditAction::WebhookDelete, named(id), Value::Null)
        });
        deleted.await
    }

    /// Gives a webhook another secret. For the overlap, messages carry the signatures of both.
    pub async fn rotate(
        &self,
        caller: &Caller,
        id: WebhookId,
        overlap: Duration,
    ) -> Result<WebhookSecret> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        if overlap > LONGEST_OVERLAP {
            let message = format!("the overlap is at most {LONGEST_OVERLAP}");
            return Err(Error::invalid_field("/overlap", "out_of_range", message));
        }
        let (now, trail, app) = (self.app.now(), self.app.trail(caller), self.app.clone());
        let key = keys::new_key(self.app);
        let secret = key.to_text();
        let rotated = self.app.audited(move |tx| {
            let found = rows::find(project_id, id).first_in(tx)?;
            let mut row = found.ok_or_else(|| Error::not_found("webhook", id))?;
            let mut both = vec![key.clone()];
            both.extend(keys::open(&app, project_id, &row, now)?.into_iter().take(1));
            let until = (overlap > Duration::ZERO).then(|| now + overlap);
            if until.is_none() {
                both.truncate(1);
            }
            let sealed = keys::seal(&app, tx, (project_id, id), &both)?;
            rows::exchange(project_id, id, &sealed, until, now).expecting(1).run_in(tx)?;
            (row.sealed, row.overlap_until, row.updated_at) = (sealed, until, now);
            row.version += 1;
            let detail = json!({ "overlap": overlap.to_string() });
            trail.done(tx, AuditAction::WebhookRotate, named(id), detail)?;
            Ok(row)
        });
        Ok(WebhookSecret { webhook: rotated.await?.into(), secret: Some(secret) })
    }

    /// Every fault of what is written.
    async fn check(&self, caller: &Caller, spec: &WebhookSpec) -> Result<()> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, code: &str, message: String| {
            faults.push(Fault::new(Pointer::from_text(pointer), code, message));
        };
        if spec.url.len() > MAX_URL_BYTES {
            let message = format!("an address has at most {MAX_URL_BYTES} bytes");
            fault("/url", "out_of_range", message);
        } else if let Err(invalid) = self.app.inner.courier.host(&spec.url) {
            fault("/url", "invalid_url", invalid);
        }
        if spec.description.chars().count() > MAX_DESCRIPTION_CHARS {
            let message = format!("at most {MAX_DESCRIPTION_CHARS} characters");
            fault("/description", "out_of_range", message);
        }
        if spec.events.is_empty() || spec.events.len() > MOST_PATTERNS {
            fault("/events", "out_of_range", format!("1 to {MOST_PATTERNS} patterns"));
        }
        for (at, pattern) in spec.events.iter().enumerate().take(MOST_PATTERNS) {
            if let Err(invalid) = pattern.parse::<SubjectPattern>() {
                fault(&format!("/events/{at}"), "invalid_pattern", invalid.to_string());
            }
        }
        if let Some(filter) = &spec.filter
            && let Err(error) = Expression::parse_with(filter, Names::EVENT)
        {
            fault("/filter", "invalid_expression", error.to_string());
        }
        if let Some(channel) = &spec.channel {
            let found = channels::find_named(caller.project(), channel);
            if found.first(self.app.database()).await?.is_none() {
                fault("/channel", "unknown_channel", format!("there is no channel `{channel}`"));
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::invalid("the webhook cannot be made so", faults))
    }
}

/// What a request that is repeated is answered.
fn repeated(found: Option<WebhookRow>, earlier: &IdempotencyRow) -> Result<WebhookSecret> {
    let found = found.ok_or_else(|| Error::not_found("webhook", id_of(earlier)))?;
    Ok(WebhookSecret { webhook: found.into(), secret: None })
}

const fn id_of(earlier: &IdempotencyRow) -> WebhookId {
    WebhookId::from_uuid(earlier.target_id)
}

pub(super) fn named(id: WebhookId) -> Target {
    Target::new("webhook", &id)
}
