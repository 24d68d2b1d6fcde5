//! An effect: something done to the world, with what repeating it means.

use gathering_domain::{ContentHash, Duration, EffectId, EffectKind, MicroUsd};
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

/// Derives the id that a target sees: the same over attempts, instances, restarts and retried runs,
/// for as long as the input is the same. A target that knows an id answers with what it did before, so
/// a retry that wants something else must not come under the same one.
pub(crate) fn effect_id(origin: Uuid, effect: &Effect) -> EffectId {
    let hash = named(origin, &effect.key);
    EffectId::from_uuid(match effect.kind {
        // Nobody goes by the id of what is pure, and its input may be a whole conversation.
        EffectKind::Pure => uuid(hash),
        EffectKind::Idempotent | EffectKind::Reconcilable | EffectKind::Unsafe => {
            uuid(hash.chain_update([0]).chain_update(ContentHash::of(&effect.input).bytes()))
        }
    })
}

/// Derives an id from the origin of a retry chain and a key.
pub(crate) fn derive(origin: Uuid, key: &Key) -> Uuid {
    uuid(named(origin, key))
}

fn named(origin: Uuid, key: &Key) -> Sha256 {
    Sha256::new().chain_update(origin.as_bytes()).chain_update(key.as_str())
}

/// The first 16 bytes of a hash, marked as a version 8 UUID (RFC 9562).
fn uuid(hash: Sha256) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn effect_id_depends_on_origin_key_and_input_alone() {
        let effect = |name: &str, input| Effect {
            key: Key::new(name),
            performer: "test",
            input: Payload::new(input),
            kind: EffectKind::Idempotent,
            retry: RetryPolicy::NONE,
            timeout: Duration::from_secs(1),
            reserve: None,
        };
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let page = || effect("node:page", json!({ "n": 1 }));
        assert_eq!(effect_id(one, &page()), effect_id(one, &page()));
        let later = Effect { timeout: Duration::from_secs(9), ..page() };
        assert_eq!(effect_id(one, &page()), effect_id(one, &later));
        assert_ne!(effect_id(one, &page()), effect_id(two, &page()));
        assert_ne!(
            effect_id(one, &page()),
            effect_id(one, &effect("node:mail", json!({ "n": 1 })))
        );
        assert_ne!(
            effect_id(one, &page()),
            effect_id(one, &effect("node:page", json!({ "n": 2 })))
        );
    }

    #[test]
    fn what_is_pure_is_called_by_its_key_alone() {
        let effect = |input| Effect {
            key: Key::new("turn:1/model"),
            performer: "model",
            input: Payload::new(input),
            kind: EffectKind::Pure,
            retry: RetryPolicy::NONE,
            timeout: Duration::from_secs(1),
            reserve: None,
        };
        let origin = Uuid::from_u128(1);
        assert_eq!(effect_id(origin, &effect(json!(1))), effect_id(origin, &effect(json!(2))));
    }
}
