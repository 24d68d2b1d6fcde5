//! What is sought and found, as clients write and read it.

use gathering_app::search::{Found, NamedKind};
use gathering_domain::{
    AgentId, ChannelId, HookId, PipelineId, ProviderId, ScheduleId, ThreadId, TriggerId, WebhookId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::views::NamedKindWord;

/// What is sought.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Words that must all occur in the name, without regard to case and accents.
    #[param(min_length = 1, max_length = 200)]
    pub(super) q: String,
    /// The most finds; 20 if absent.
    #[param(minimum = 1, maximum = 50)]
    pub(super) limit: Option<u32>,
}

/// Something whose name was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Found)]
pub(crate) struct FoundView {
    /// What it is.
    #[schema(inline)]
    kind: NamedKindWord,
    /// Its id.
    id: String,
    /// Its name; a webhook's address, a thread's title.
    name: String,
}

impl From<Found> for FoundView {
    fn from(found: Found) -> Self {
        let Found { kind, id, name } = found;
        let id = match kind {
            NamedKind::Pipeline => PipelineId::from_uuid(id).to_string(),
            NamedKind::Agent => AgentId::from_uuid(id).to_string(),
            NamedKind::Schedule => ScheduleId::from_uuid(id).to_string(),
            NamedKind::Trigger => TriggerId::from_uuid(id).to_string(),
            NamedKind::Hook => HookId::from_uuid(id).to_string(),
            NamedKind::Webhook => WebhookId::from_uuid(id).to_string(),
            NamedKind::Channel => ChannelId::from_uuid(id).to_string(),
            NamedKind::Provider => ProviderId::from_uuid(id).to_string(),
            NamedKind::Thread => ThreadId::from_uuid(id).to_string(),
        };
        Self { kind: kind.into(), id, name }
    }
}
