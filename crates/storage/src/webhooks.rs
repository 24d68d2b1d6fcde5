//! Webhooks: where events of a project are sent.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ApiKeyId, ProjectId, Timestamp, WebhookId};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    secrets::SealedItemRow,
    statement::{Query, Write, statements},
};

row! {
    /// A webhook.
    #[derive(Debug, Clone, PartialEq)]
    pub struct WebhookRow {
        /// Its id.
        pub id: WebhookId as Uuid,
        /// Who wrote it last.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
        /// The API key by which they did, if by one.
        pub api_key_id: Option<ApiKeyId> as Option<Uuid> => |id| Some(id.map(ApiKeyId::from_uuid)),
        /// Its address.
        pub url: String,
        /// What it is for.
        pub description: String,
        /// Patterns of types and subjects.
        pub events: Vec<String> as String => |text| serde_json::from_str(&text).ok(),
        /// An expression over the event.
        pub filter: Option<String>,
        /// Why that could not be read, or not be evaluated, the last time that it could not.
        pub filter_error: Option<String>,
        /// The channel over which people are told that it was disabled.
        pub channel: Option<String>,
        /// Whether events are sent.
        pub enabled: bool,
        /// Why the server disabled it.
        pub disabled_reason: Option<String>,
        /// Its secrets, sealed.
        pub sealed: Vec<u8>,
        /// Until when the secret before the present one signs as well.
        pub overlap_until: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// Deliveries that failed since one was taken.
        pub failures: u64,
        /// When the first of them did.
        pub failing_since: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// Rises with each change that a person makes.
        pub version: u64,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was changed last.
        pub updated_at: Timestamp as i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, actor, api_key_id, url, description, events, filter, filter_error, channel, \
             enabled, disabled_reason, sealed, overlap_until, failures, failing_since, version, created_at, \
             updated_at FROM webhooks ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO webhooks (id, project_id, actor, api_key_id, url, description, events, filter, \
         channel, enabled, disabled_reason, sealed, overlap_until, failures, failing_since, version, \
         created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, $11, NULL, 0, NULL, 1, $12, $12)",
    );
    UPDATE = Sql::both(
        "UPDATE webhooks SET actor = $3, api_key_id = $4, url = $5, description = $6, events = $7, \
         filter = $8, channel = $9, enabled = $10, disabled_reason = $11, failures = $12, \
         failing_since = $13, filter_error = $16, version = version + 1, updated_at = $14 \
         WHERE project_id = $1 AND id = $2 AND version = $15",
    );
    EXCHANGE = Sql::both(
        "UPDATE webhooks SET sealed = $3, overlap_until = $4, version = version + 1, \
         updated_at = $5 WHERE project_id = $1 AND id = $2",
    );
    WORKED = Sql::both(
        "UPDATE webhooks SET failures = 0, failing_since = NULL \
         WHERE project_id = $1 AND id = $2 AND failures > 0",
    );
    FAILED = Sql::both(
        "UPDATE webhooks SET failures = failures + 1, failing_since = COALESCE(failing_since, $3) \
         WHERE project_id = $1 AND id = $2",
    );
    DISABLE = Sql::both(
        "UPDATE webhooks SET enabled = false, disabled_reason = $3, version = version + 1, \
         updated_at = $4 WHERE project_id = $1 AND id = $2 AND enabled",
    );
    FILTER_FAILED = Sql::both(
        "UPDATE webhooks SET filter_error = $3 WHERE project_id = $1 AND id = $2 AND version = $4",
    );
    FIND -> WebhookRow = select!("WHERE project_id = $1 AND id = $2");
    LIST -> WebhookRow = select!("WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    ENABLED -> WebhookRow = select!("WHERE project_id = $1 AND enabled ORDER BY id LIMIT $2");
    ANY_ENABLED = Sql::both("SELECT count(*) FROM (SELECT 1 FROM webhooks WHERE enabled LIMIT 1) AS found");
    COUNT = Sql::both("SELECT count(*) FROM webhooks WHERE project_id = $1");
    DELETE = Sql::both("DELETE FROM webhooks WHERE project_id = $1 AND id = $2");
    UNDER_OTHERS = Sql::both("SELECT count(*) FROM webhooks WHERE substr(sealed, 2, 8) <> $1");
    NEXT_UNDER_OTHERS -> SealedItemRow = Sql::both(
        "SELECT id, project_id, url AS name, sealed FROM webhooks \
         WHERE substr(sealed, 2, 8) <> $1 AND id > $2 ORDER BY id LIMIT $3",
    );
    RESEAL = Sql::both("UPDATE webhooks SET sealed = $3 WHERE id = $1 AND sealed = $2");
}

/// Makes a webhook of version 1.
pub fn insert(project_id: ProjectId, webhook: &WebhookRow) -> Write {
    let WebhookRow { id, actor, api_key_id, url, description, events, filter, .. } = webhook;
    Write::new(
        INSERT,
        params![
            id.uuid(),
            project_id.uuid(),
            actor_text(*actor),
            api_key_id.map(ApiKeyId::uuid),
            url,
            description,
            serde_json::Value::from(events.as_slice()),
            filter.as_ref(),
            webhook.channel.as_ref(),
            webhook.enabled,
            webhook.sealed.as_slice(),
            webhook.created_at.micros(),
        ],
    )
}

/// Changes what a person writes of a webhook, if it still has the version of `webhook`.
pub fn update(project_id: ProjectId, webhook: &WebhookRow) -> Write {
    let WebhookRow { id, actor, api_key_id, url, description, events, filter, .. } = webhook;
    Write::new(
        UPDATE,
        params![
            project_id.uuid(),
            id.uuid(),
            actor_text(*actor),
            api_key_id.map(ApiKeyId::uuid),
            url,
            description,
            serde_json::Value::from(events.as_slice()),
            filter.as_ref(),
            webhook.channel.as_ref(),
            webhook.enabled,
            webhook.disabled_reason.as_ref(),
            i64::try_from(webhook.failures).unwrap_or(i64::MAX),
            webhook.failing_since.map(Timestamp::micros),
            webhook.updated_at.micros(),
            version(webhook),
            webhook.filter_error.as_ref(),
        ],
    )
}

/// Notes why the filter of a webhook could not be used, if it still has the version of `webhook`.
pub fn filter_failed(project_id: ProjectId, webhook: &WebhookRow, why: &str) -> Write {
    let id = webhook.id.uuid();
    Write::new(FILTER_FAILED, params![project_id.uuid(), id, why, version(webhook)])
}

fn version(webhook: &WebhookRow) -> i64 {
    i64::try_from(webhook.version).unwrap_or(i64::MAX)
}

/// Gives a webhook other secrets.
pub fn exchange(
    project_id: ProjectId,
    id: WebhookId,
    sealed: &[u8],
    overlap_until: Option<Timestamp>,
    now: Timestamp,
) -> Write {
    let until = overlap_until.map(Timestamp::micros);
    Write::new(EXCHANGE, params![project_id.uuid(), id.uuid(), sealed, until, now.micros()])
}

/// Notes that a delivery was taken.
pub fn worked(project_id: ProjectId, id: WebhookId) -> Write {
    Write::new(WORKED, params![project_id.uuid(), id.uuid()])
}

/// Notes that a delivery failed.
pub fn failed(project_id: ProjectId, id: WebhookId, now: Timestamp) -> Write {
    Write::new(FAILED, params![project_id.uuid(), id.uuid(), now.micros()])
}

/// Sends nothing more, if that is not so already.
pub fn disable(project_id: ProjectId, id: WebhookId, reason: &str, now: Timestamp) -> Write {
    Write::new(DISABLE, params![project_id.uuid(), id.uuid(), reason, now.micros()])
}

/// The webhook of that id.
pub fn find(project_id: ProjectId, id: WebhookId) -> Query<WebhookRow> {
    Query::new(FIND, params![project_id.uuid(), id.uuid()])
}

/// Webhooks in the order in which they were made.
pub fn list(project_id: ProjectId, after: Option<Uuid>, limit: u32) -> Query<WebhookRow> {
    Query::new(LIST, params![project_id.uuid(), after.unwrap_or_default(), limit])
}

/// Webhooks to which events are sent.
pub fn enabled(project_id: ProjectId, limit: u32) -> Query<WebhookRow> {
    Query::new(ENABLED, params![project_id.uuid(), limit])
}

/// 1 if events are sent to any webhook of any project, else 0.
pub fn any_enabled() -> Query<(u64,)> {
    Query::new(ANY_ENABLED, params![])
}

/// How many webhooks there are.
pub fn count(project_id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid()])
}

/// Removes a webhook.
pub fn delete(project_id: ProjectId, id: WebhookId) -> Write {
    Write::new(DELETE, params![project_id.uuid(), id.uuid()])
}

/// How many webhooks have secrets that are sealed under another key than this one.
pub fn count_under_others(key_id: &[u8]) -> Query<(u64,)> {
    Query::new(UNDER_OTHERS, params![key_id])
}

/// Those webhooks, in the order of their ids.
pub fn next_under_others(key_id: &[u8], after: Uuid, limit: u32) -> Query<SealedItemRow> {
    Query::new(NEXT_UNDER_OTHERS, params![key_id, after, limit])
}

/// Puts sealed secrets in the place of the same ones sealed otherwise; nothing if they were written anew
/// meanwhile.
pub fn reseal(id: Uuid, from: &[u8], to: &[u8]) -> Write {
    Write::new(RESEAL, params![id, from, to])
}
