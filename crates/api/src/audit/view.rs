//! The audit trail as clients ask for it and read it.

use gathering_app::audit::{AuditEntry, AuditFault, AuditFilter, AuditReport, FaultKind, Trust};
use gathering_domain::{AuditAction, AuditOutcome, ProjectId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{Problem, views::parse_time};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// The most rows; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// Those of this action, such as `user.create`.
    action: Option<String>,
    /// What this person did.
    #[param(value_type = Option<String>)]
    actor: Option<UserId>,
    /// Those that ended so: `done`, `begun`, `failed` or `refused`.
    outcome: Option<String>,
    /// Those in this project.
    #[param(value_type = Option<String>)]
    project: Option<ProjectId>,
    /// Those since then, in RFC 3339.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Those before then, in RFC 3339.
    #[param(format = DateTime)]
    to: Option<String>,
}

/// Which part of the trail.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Entries since then, in RFC 3339; all from the beginning if absent.
    #[param(format = DateTime)]
    pub(super) from: Option<String>,
    /// Entries before then, in RFC 3339.
    #[param(format = DateTime)]
    pub(super) to: Option<String>,
}

/// What the trail is held to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VerifyQuery {
    /// The id of the only key that may have signed; any key of this server if absent.
    #[param(pattern = "^[0-9a-f]{64}$")]
    key: Option<String>,
    /// A checkpoint that is known from elsewhere, as `NUMBER:HASH`.
    #[param(pattern = "^[0-9]{1,19}:[0-9a-fA-F]{64}$")]
    checkpoint: Option<String>,
}

/// An entry of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct EntryView {
    /// The chain in which it stands: one for each process of the server.
    stream: String,
    /// Its number there.
    seq: u64,
    /// SHA-256 over it and everything before it in the chain.
    hash: String,
    /// What it says: `at`, `action`, `outcome`, `target` and `actor`, and where there are such
    /// `project_id`, `session_id`, `api_key_id`, `request_id`, `address` and `detail`.
    #[schema(value_type = Object, example = json!({
        "at": "2026-01-01T00:00:00.000Z", "action": "secret.delete", "outcome": "done",
        "target": { "type": "secret", "name": "PAGER" }, "actor": { "type": "local_owner" },
    }))]
    entry: Value,
}

/// What verifying the trail showed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditReport)]
pub(crate) struct ReportView {
    /// Whether nothing is wrong.
    sound: bool,
    /// Entries that were looked at.
    entries: u64,
    /// Chains to which they belong.
    chains: u64,
    /// Checkpoints that were looked at.
    checkpoints: u64,
    /// Entries that no checkpoint has sealed yet.
    unsealed: u64,
    /// Ids of the keys that sign checkpoints.
    keys: Vec<String>,
    /// The last checkpoint, as number and hash.
    last_checkpoint: Option<String>,
    /// How many faults there are.
    fault_count: u64,
    /// The first hundred of them.
    faults: Vec<FaultView>,
}

/// Something that is wrong with the trail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditFault)]
pub(crate) struct FaultView {
    /// What kind of thing.
    #[schema(value_type = String, example = "changed")]
    kind: FaultKind,
    /// The chain.
    stream: Option<String>,
    /// The entry's number there.
    seq: Option<u64>,
    /// The checkpoint's number.
    checkpoint: Option<u64>,
    /// What is wrong.
    message: String,
}

impl AuditQuery {
    pub(super) fn filter(&self) -> Result<AuditFilter, Problem> {
        let action = self.action.as_deref().map(|word| {
            AuditAction::from_word(word)
                .ok_or_else(|| Problem::invalid("/action", "unknown_value", "no such action"))
        });
        let outcome = self.outcome.as_deref().map(|word| {
            AuditOutcome::from_word(word)
                .ok_or_else(|| Problem::invalid("/outcome", "unknown_value", "no such outcome"))
        });
        Ok(AuditFilter {
            action: action.transpose()?,
            user_id: self.actor,
            outcome: outcome.transpose()?,
            project_id: self.project,
            from: parse_time("/from", self.from.as_deref())?,
            to: parse_time("/to", self.to.as_deref())?,
        })
    }
}

impl VerifyQuery {
    pub(super) fn trust(self) -> Result<Trust, Problem> {
        let is_id = |key: &String| {
            key.len() == 64 && key.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !self.key.as_ref().is_none_or(is_id) {
            let message = "the id of a key has 64 hexadecimal digits";
            return Err(Problem::invalid("/key", "invalid_value", message));
        }
        let read = |text: &String| {
            Trust::checkpoint(text).ok_or_else(|| {
                let message = "a checkpoint is written as `NUMBER:HASH`";
                Problem::invalid("/checkpoint", "invalid_value", message)
            })
        };
        let checkpoints = self.checkpoint.as_ref().map(read).transpose()?;
        let (keys, checkpoints) = (self.key.into_iter(), checkpoints.into_iter());
        Ok(Trust { keys: keys.collect(), checkpoints: checkpoints.collect() })
    }
}

impl From<AuditEntry> for EntryView {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { stream, seq, hash, content } = entry;
        Self { stream: stream.to_string(), seq, hash, entry: content }
    }
}

impl From<AuditReport> for ReportView {
    fn from(report: AuditReport) -> Self {
        let AuditReport {
            sound,
            entries,
            chains,
            checkpoints,
            unsealed,
            keys,
            last_checkpoint,
            fault_count,
            faults,
            // All that is stored is looked at.
            from: _,
            to: _,
        } = report;
        let faults = faults.into_iter().map(FaultView::from).collect();
        Self {
            sound,
            entries,
            chains,
            checkpoints,
            unsealed,
            keys,
            last_checkpoint,
            fault_count,
            faults,
        }
    }
}

impl From<AuditFault> for FaultView {
    fn from(fault: AuditFault) -> Self {
        let AuditFault { kind, stream, seq, checkpoint, message, .. } = fault;
        let stream = stream.map(|stream| stream.to_string());
        Self { kind, stream, seq, checkpoint, message }
    }
}
