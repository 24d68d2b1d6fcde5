//! Channels as clients read and write them.

use gathering_app::channels::{
    Channel, ChannelConfig, ChannelReport, ChannelSpec, ChannelTarget, SecretChange,
};
use gathering_domain::ChannelId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::views::{FailureView, Time};

/// A way to notify people, without what is secret of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub(crate) struct ChannelView {
    /// Its id.
    #[schema(value_type = String, example = "chn_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ChannelId,
    /// What definitions call it.
    #[schema(example = "ops")]
    name: String,
    /// Where its messages go.
    config: ChannelTargetView,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// Where the messages of a channel go.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = ChannelTarget)]
pub(crate) enum ChannelTargetView {
    /// To a webhook.
    Webhook {
        /// Its address.
        url: String,
        /// Whether messages are signed.
        signed: bool,
    },
    /// To people's mailboxes.
    Email {
        /// Their addresses.
        to: Vec<String>,
    },
    /// To an incoming webhook of Slack, or of whoever takes what Slack takes.
    Slack {
        /// Its host: the rest of the address lets in whoever knows it.
        #[schema(example = "https://hooks.slack.com:443")]
        host: String,
    },
}

/// A channel to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateChannelBody {
    /// What definitions call it: 1 to 120 characters.
    #[schema(example = "ops")]
    name: String,
    /// Where its messages go.
    config: ChannelConfigBody,
}

/// Where messages go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = ChannelConfig)]
pub(crate) enum ChannelConfigBody {
    /// To a webhook. Each message carries its effect id as `webhook-id`.
    Webhook {
        /// Its address.
        #[schema(example = "https://example.com/notify")]
        url: String,
        /// The secret that signs messages as Standard Webhooks does: `whsec_` and the base64 of 24 to 64
        /// bytes. Without one they are not signed.
        #[schema(value_type = Option<String>, write_only,
            example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
        secret: Option<SecretString>,
    },
    /// To people's mailboxes, through the server's mail server.
    Email {
        /// 1 to 50 addresses.
        #[schema(example = json!(["ann@example.com"]))]
        to: Vec<String>,
    },
    /// To an incoming webhook of Slack, or of whoever takes what Slack takes.
    Slack {
        /// Its address, which is never shown.
        #[schema(value_type = Option<String>, write_only,
            example = "https://hooks.slack.com/services/T000/B000/XXXX")]
        url: Option<SecretString>,
    },
}

/// What came of trying a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelReport)]
pub(crate) struct ChannelReportView {
    /// Whether the other side took the message.
    ok: bool,
    /// The status with which it did, where it speaks HTTP.
    status: Option<u16>,
    /// What it said.
    answer: Option<String>,
    /// What went wrong, if something did.
    failure: Option<FailureView>,
}

impl ChannelView {
    /// What was written of a channel, but for what is secret: a document that a patch changes.
    pub(super) fn written(&self) -> Value {
        let config = match &self.config {
            ChannelTargetView::Webhook { url, .. } => json!({ "type": "webhook", "url": url }),
            ChannelTargetView::Email { to } => json!({ "type": "email", "to": to }),
            ChannelTargetView::Slack { .. } => json!({ "type": "slack" }),
        };
        json!({ "name": self.name, "config": config })
    }
}

impl CreateChannelBody {
    /// A channel that is new: what is not written is not there.
    pub(super) fn into_new(self) -> ChannelSpec {
        self.into_spec(&SecretChange::Remove)
    }

    /// A channel that is there: what is not written stays.
    pub(super) fn into_change(self, removes_secret: bool) -> ChannelSpec {
        self.into_spec(if removes_secret { &SecretChange::Remove } else { &SecretChange::Keep })
    }

    fn into_spec(self, unwritten: &SecretChange) -> ChannelSpec {
        let change = |written: Option<SecretString>| {
            written.map_or_else(|| unwritten.clone(), SecretChange::Set)
        };
        let config = match self.config {
            ChannelConfigBody::Webhook { url, secret } => {
                ChannelConfig::Webhook { url, secret: change(secret) }
            }
            ChannelConfigBody::Email { to } => ChannelConfig::Email { to },
            ChannelConfigBody::Slack { url } => ChannelConfig::Slack { url: change(url) },
        };
        ChannelSpec { name: self.name, config }
    }
}

impl From<Channel> for ChannelView {
    fn from(channel: Channel) -> Self {
        let Channel { id, name, target, version, created_at, updated_at } = channel;
        let config = match target {
            ChannelTarget::Webhook { url, signed } => ChannelTargetView::Webhook { url, signed },
            ChannelTarget::Email { to } => ChannelTargetView::Email { to },
            ChannelTarget::Slack { host } => ChannelTargetView::Slack { host },
        };
        let (created_at, updated_at) = (created_at.into(), updated_at.into());
        Self { id, name, config, version, created_at, updated_at }
    }
}

impl From<ChannelReport> for ChannelReportView {
    fn from(report: ChannelReport) -> Self {
        let ChannelReport { sent, failure } = report;
        let (status, answer) = sent.map_or((None, None), |sent| (sent.status, Some(sent.answer)));
        Self { ok: failure.is_none(), status, answer, failure: failure.map(FailureView::from) }
    }
}
