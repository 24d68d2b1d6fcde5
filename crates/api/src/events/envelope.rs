//! An event as clients read it.

use gathering_app::events::Envelope;
use gathering_domain::ProjectId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::views::Time;

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Envelope)]
pub(crate) struct EnvelopeView {
    /// Its place in the log, which is the `id` of the event; `null` for a preview.
    position: Option<i64>,
    /// Unique, and the same each time the event is read; empty for a preview.
    #[schema(example = "evt_4097")]
    id: String,
    /// What kind of event: `run.started`, `run.node.succeeded`, `approval.requested`, …, and
    /// `run.delta` for a preview.
    #[serde(rename = "type")]
    event_type: String,
    /// What it is about: a run, or the subject that a run's own event names.
    subject: String,
    /// When it happened.
    at: Time,
    /// The project that owns it.
    #[schema(value_type = String)]
    project_id: ProjectId,
    /// The rest.
    #[schema(value_type = Object)]
    data: Value,
}

/// An event of a stream, as whoever reads `text/event-stream` finds it.
#[derive(ToSchema)]
#[schema(as = StreamedEvent)]
#[expect(dead_code, reason = "described here, and written line by line")]
pub(crate) struct StreamedEventView {
    /// Its position; absent for a preview.
    #[schema(nullable = false)]
    id: Option<String>,
    /// `lagged`, `gone` and `end` tell of the stream itself; all others are envelopes.
    #[schema(nullable = false)]
    event: Option<String>,
    /// JSON: an `Envelope`; of `lagged` and `gone` an object with `resume_after`, of `end` one with `code` and `detail`.
    data: String,
}

impl From<Envelope> for EnvelopeView {
    fn from(envelope: Envelope) -> Self {
        let Envelope { position, id, event_type, subject, at, project_id, data, .. } = envelope;
        Self { position, id, event_type, subject, at: at.into(), project_id, data }
    }
}
