//! Actors as columns keep them.

use gathering_domain::Actor;

/// The actor as JSON text.
pub(crate) fn actor_text(actor: Actor) -> String {
    serde_json::to_string(&actor).expect("an actor is JSON")
}
