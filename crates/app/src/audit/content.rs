//! What an entry of the audit trail says.

use std::net::IpAddr;

use gathering_domain::{Actor, ApiKeyId, AuditAction, AuditOutcome, ProjectId, SessionId};
use serde::Serialize;
use serde_json::Value;

use crate::{Caller, Credential, Error, Origin, Result};

/// Who did it, and from where.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Who {
    /// Nobody, of a sign-in that failed.
    pub(crate) actor: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_id: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_key_id: Option<ApiKeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<IpAddr>,
}

/// What it was done to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Target {
    /// What kind of thing.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// How it is named: its id, or its name where that identifies it.
    pub(crate) name: String,
}

/// An entry. Its JSON is what the chain is made of: fields keep their order.
#[derive(Debug, Serialize)]
pub(crate) struct Entry<'a> {
    /// In RFC 3339.
    pub(crate) at: String,
    pub(crate) action: AuditAction,
    pub(crate) outcome: AuditOutcome,
    pub(crate) target: Target,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) project_id: Option<ProjectId>,
    #[serde(flatten)]
    pub(crate) who: &'a Who,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) detail: Value,
}

impl Who {
    /// The caller.
    pub(crate) fn of(caller: &Caller) -> Self {
        let nobody = caller.origin().map_or_else(Self::default, Self::unknown);
        let (session_id, api_key_id) = match caller.credential() {
            Credential::Session(id) => (Some(id), None),
            Credential::Key(id) => (None, Some(id)),
            Credential::None => (None, None),
        };
        Self { actor: Some(caller.actor()), session_id, api_key_id, ..nobody }
    }

    /// Somebody of whom only the request is known.
    pub(crate) fn unknown(origin: &Origin) -> Self {
        let Origin { request_id, address, .. } = origin.clone();
        Self { request_id: Some(request_id), address, ..Self::default() }
    }

    /// The actor as the store finds entries by it.
    pub(crate) fn actor_text(&self) -> Result<String> {
        serde_json::to_string(&self.actor).map_err(|error| Error::internal("write an actor", error))
    }
}

impl Target {
    /// A thing of that kind.
    pub(crate) fn new(kind: &'static str, name: &(impl ToString + ?Sized)) -> Self {
        Self { kind, name: name.to_string() }
    }
}

impl Entry<'_> {
    /// The bytes that are chained.
    pub(crate) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal("write an entry of the audit trail", error))
    }
}
