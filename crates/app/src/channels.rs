//! Channels: ways to notify people, by webhook, by mail, by chat.

mod change;
mod message;
mod send;

use gathering_domain::{ChannelId, EffectKind, Permission, ProjectId, Timestamp};
use gathering_storage::channels::{self as rows, ChannelRow};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use send::{ChannelReport, Notice, Sent};

use crate::{App, Caller, Error, Page, PageRequest, Result, store_page::after_id};

/// The most channels of a project.
const MOST_CHANNELS: u64 = 100;

/// Use cases of channels.
#[derive(Clone)]
pub struct Channels<'a> {
    pub(crate) app: &'a App,
}

/// A channel, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// What definitions call it.
    pub name: String,
    /// Where its messages go.
    pub target: ChannelTarget,
    /// Rises with each change.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Where the messages of a channel go, as everybody of the project may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChannelTarget {
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
        host: String,
    },
}

/// A channel as a person writes it.
#[derive(Debug, Clone)]
pub struct ChannelSpec {
    /// What definitions call it.
    pub name: String,
    /// Where its messages go.
    pub config: ChannelConfig,
}

/// Where messages go, with what is secret of it.
#[derive(Debug, Clone)]
pub enum ChannelConfig {
    /// To a webhook.
    Webhook {
        /// Its address.
        url: String,
        /// The secret that signs, as `whsec_…`.
        secret: SecretChange,
    },
    /// To people's mailboxes.
    Email {
        /// Their addresses.
        to: Vec<String>,
    },
    /// To an incoming webhook of Slack, or of whoever takes what Slack takes.
    Slack {
        /// Its address.
        url: SecretChange,
    },
}

/// What becomes of a secret.
#[derive(Debug, Clone)]
pub enum SecretChange {
    /// It stays as it is.
    Keep,
    /// There is none.
    Remove,
    /// It is this.
    Set(SecretString),
}

impl Channels<'_> {
    /// The channel of that id.
    pub async fn get(&self, caller: &Caller, id: ChannelId) -> Result<Channel> {
        let project_id = caller.require_here(Permission::Read)?;
        self.row(project_id, id).await?.try_into()
    }

    /// Channels in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Channel>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, after_id(&page, ChannelId::uuid)?);
        let rows = rows::list(project_id, after, limit + 1).all(self.app.database()).await?;
        let channels = rows.into_iter().map(Channel::try_from).collect::<Result<_>>()?;
        Ok(Page::of(channels, limit, |channel: &Channel| channel.id.to_string()))
    }

    async fn row(&self, project_id: ProjectId, id: ChannelId) -> Result<ChannelRow> {
        let row = rows::find(project_id, id).first(self.app.database()).await?;
        row.ok_or_else(|| Error::not_found("channel", id))
    }
}

impl ChannelTarget {
    /// The word for its type.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Email { .. } => "email",
            Self::Slack { .. } => "slack",
        }
    }

    /// What it means to repeat a message. A webhook knows one by its id; a mailbox and a chat show it again.
    pub const fn effect_kind(&self) -> EffectKind {
        match self {
            Self::Webhook { .. } => EffectKind::Idempotent,
            Self::Email { .. } | Self::Slack { .. } => EffectKind::Unsafe,
        }
    }

    /// What is stored of it.
    fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a target has only text keys")
    }
}

/// What it means to repeat a message over the channel of this row.
pub(crate) fn effect_kind(row: &ChannelRow) -> Result<EffectKind> {
    Ok(target(row)?.effect_kind())
}

fn target(row: &ChannelRow) -> Result<ChannelTarget> {
    ChannelTarget::deserialize(&row.settings)
        .map_err(|fault| Error::internal("read a stored channel", fault))
}

/// What a channel's secret is sealed for, so that it opens nowhere else.
pub(crate) fn sealed_place(project_id: ProjectId, id: Uuid) -> String {
    format!("channel/{project_id}/{}", ChannelId::from_uuid(id))
}

impl TryFrom<ChannelRow> for Channel {
    type Error = Error;

    fn try_from(row: ChannelRow) -> Result<Self> {
        let target = target(&row)?;
        let ChannelRow { id, name, version, created_at, updated_at, .. } = row;
        Ok(Self { id, name, target, version, created_at, updated_at })
    }
}
