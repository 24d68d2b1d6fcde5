//! Ids: one newtype per noun, a UUIDv7 printed with the noun's prefix (`run_0197…`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Hands out new UUIDs. Production gives UUIDv7, tests count.
pub trait IdSource: Send + Sync {
    /// A UUID never given before, rising with time.
    fn next_uuid(&self) -> Uuid;
}

/// Text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form `{prefix}_` and 32 hexadecimal digits")]
pub struct InvalidId {
    /// The prefix that was expected.
    pub prefix: &'static str,
    /// What was read, cut to 64 characters.
    pub text: String,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    let fault = || InvalidId { prefix, text: text.chars().take(64).collect() };
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    let digits = digits.filter(|d| d.len() == 32).ok_or_else(fault)?;
    Uuid::try_parse(digits).map_err(|_| fault())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the printed id starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Takes a new id from `source`.
            pub fn next(source: &dyn IdSource) -> Self {
                Self(source.next_uuid())
            }

            /// The bare UUID, as databases keep it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A project: the unit of ownership and membership.
    ProjectId = "prj";
    /// A person who signs in.
    UserId = "usr";
    /// A login of a user.
    SessionId = "ses";
    /// A key by which a program acts for a user.
    ApiKeyId = "key";
    /// A one-time link by which somebody becomes a user, or sets a new password.
    InvitationId = "inv";
    /// A configured model user.
    AgentId = "agt";
    /// One immutable version of an agent.
    AgentVersionId = "agv";
    /// A pipeline that a person designs.
    PipelineId = "pip";
    /// One immutable version of a pipeline.
    PipelineVersionId = "piv";
    /// One execution.
    RunId = "run";
    /// One server process, from registration to death.
    InstanceId = "ins";
    /// An agent's ordered messages with one user or run.
    ThreadId = "thr";
    /// One message of a thread.
    MessageId = "msg";
    /// A named stored output.
    ArtifactId = "art";
    /// A decision that a run waits for.
    ApprovalId = "apr";
    /// A configured model provider.
    ProviderId = "prv";
    /// A stored secret.
    SecretId = "sec";
    /// One effect over all its attempts, retries of its run included: what a target sees as idempotency key.
    EffectId = "eff";
    /// Something that starts work at its times.
    ScheduleId = "sch";
    /// One fire of a schedule.
    FireId = "fir";
    /// Something that starts work when an event fits.
    TriggerId = "trg";
    /// An address to which others post what starts work.
    HookId = "hok";
    /// Where events of a project are sent.
    WebhookId = "whk";
    /// One event on its way to a webhook.
    DeliveryId = "dlv";
    /// A way to notify people.
    ChannelId = "chn";
    /// One request, as logs and errors name it.
    RequestId = "req";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_id_reads_back() {
        let id = RunId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "run_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            serde_json::from_str::<RunId>(&serde_json::to_string(&id).unwrap()).unwrap(),
            id
        );
    }

    #[test]
    fn id_of_another_kind_is_refused() {
        let agent = AgentId::from_uuid(Uuid::from_u128(7)).to_string();
        for text in [agent.as_str(), "", "run_", "run_7", "run-00000000000000000000000000000007"] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
