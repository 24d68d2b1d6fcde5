//! The names that may stand in a layer, and the keys that they set.

use std::collections::BTreeMap;

use crate::{key::describe, nearest::nearest};

/// The names of one kind, keys or variables, and the key that each sets.
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// The keys themselves; the key of a secret's file leads to the secret.
    pub(crate) fn of_keys() -> Self {
        Self(
            describe()
                .iter()
                .flat_map(|key| {
                    let own = (key.path(), key.path());
                    std::iter::once(own).chain(key.file_path().map(|file| (file, key.path())))
                })
                .collect(),
        )
    }

    /// Variables lead to the key or, for a secret's file, to the key of the file: the layer is
    /// laid by key names.
    pub(crate) fn of_variables() -> Self {
        Self(
            describe()
                .iter()
                .flat_map(|key| {
                    let own = (key.variable(), key.path());
                    std::iter::once(own).chain(key.file_variable().zip(key.file_path()))
                })
                .collect(),
        )
    }

    /// The key that `name` sets.
    pub(crate) fn key_of(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Says that there is no `name`, and which name was probably meant.
    pub(crate) fn unknown(&self, what: &str, name: &str) -> String {
        let known = self.0.keys().map(String::as_str);
        match nearest(name, known) {
            Some(meant) => format!("unknown {what} `{name}`; did you mean `{meant}`?"),
            None => format!("unknown {what} `{name}`"),
        }
    }
}
