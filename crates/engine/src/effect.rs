//! An effect: something done to the world, with what repeating it means.

use gathering_domain::{Duration, EffectId, EffectKind, MicroUsd};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Key, Payload, RetryPolicy};

/// What a circuit breaker watches: a provider's model, a host, a server. Shared by all runs.
pub type Target = String;

/// One thing to do to the world, as a machine asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Its stable key within the run.
    pub key: Key,
    /// Who performs it: `model`, `tool`, `http`.
    pub performer: &'static str,
    /// What to do, in the performer's own shape.
    pub input: Payload,
    /// What repeating it means.
    pub kind: EffectKind,
    /// When to try again.
    pub retry: RetryPolicy,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// The most that one attempt may cost; reserved before it starts.
    pub reserve: Option<MicroUsd>,
}

/// Derives the id that a target sees: the same over attempts, instances, restarts and retried runs.
pub(crate) fn effect_id(origin: Uuid, key: &Key) -> EffectId {
    EffectId::from_uuid(derive(origin, key))
}

/// Derives an id from the origin of a retry chain and a key: the first 16 bytes of
/// SHA-256(origin, key), marked as a version 8 UUID (RFC 9562).
pub(crate) fn derive(origin: Uuid, key: &Key) -> Uuid {
    let digest =
        Sha256::new().chain_update(origin.as_bytes()).chain_update(key.as_str()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effect_id_depends_on_origin_and_key_alone() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let key = Key::new("node:page");
        assert_eq!(effect_id(one, &key), effect_id(one, &key));
        assert_ne!(effect_id(one, &key), effect_id(two, &key));
        assert_ne!(effect_id(one, &key), effect_id(one, &Key::new("node:mail")));
    }
}
