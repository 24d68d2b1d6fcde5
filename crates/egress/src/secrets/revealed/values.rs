//! Some values and what is looked for of them, in bounded memory.

use std::{collections::VecDeque, sync::Arc};

use secrecy::{ExposeSecret as _, SecretString};

use crate::secrets::needles::Needles;

/// The most values that are remembered; for one more, that which was used longest ago is forgotten.
pub(super) const MOST_VALUES: usize = 1_000;
/// The most bytes of them in all their forms. A value has about eleven times its length in forms, so this
/// holds all values of a usual length, and some twenty of the longest.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Values with their names, in the order of their last use.
#[derive(Default)]
pub(super) struct Values {
    values: VecDeque<(String, SecretString)>,
    needles: Arc<Needles>,
}

impl Values {
    /// Whether this is the value that was used last.
    pub(super) fn is_last(&self, value: &SecretString) -> bool {
        self.values.back().is_some_and(|(_, known)| same(known, value))
    }

    /// Remembers a value. Says whether it was not known before.
    pub(super) fn add(&mut self, name: &str, value: &SecretString) -> bool {
        if let Some(at) = self.values.iter().position(|(_, known)| same(known, value)) {
            let known = self.values.remove(at);
            self.values.extend(known);
            return false;
        }
        self.values.push_back((name.to_owned(), value.clone()));
        // In place, unless somebody looks through a text just now.
        let needles = Arc::make_mut(&mut self.needles);
        needles.add(name, value);
        while self.values.len() > MOST_VALUES
            || needles.weight() > MOST_BYTES && self.values.len() > 1
        {
            // Half of the room at once, so that this is rare.
            let half = self.values.len().div_ceil(2);
            self.values.drain(..half);
            *needles = Needles::default();
            for (name, value) in &self.values {
                needles.add(name, value);
            }
        }
        true
    }

    pub(super) fn needles(&self) -> &Arc<Needles> {
        &self.needles
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
