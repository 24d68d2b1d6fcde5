//! Nouns and rules of the product: ids, actors, states, limits; no I/O.
