//! One configuration key: its names, type, default, bounds and meaning.

use crate::sections::Config;

/// What is known of a configuration key before any value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The table of the TOML file that it stands in.
    pub section: &'static str,
    /// Its name within the section.
    pub name: &'static str,
    /// What a value looks like, for a person.
    pub kind: &'static str,
    /// The value in force when nobody sets one; `None` if then there is none.
    pub default: Option<&'static str>,
    /// The least and the greatest value allowed.
    pub bounds: Option<(&'static str, &'static str)>,
    /// Whether its value must never be shown. Such a key can also be read from a file of its own:
    /// see [`Key::file_path`].
    pub secret: bool,
    /// What it does, from its declaration.
    pub doc: &'static str,
}

impl Key {
    /// The key as written in faults and flags: `server.listen`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The environment variable that sets it: `GATHERING_SERVER_LISTEN`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}_{}", self.section, self.name).to_uppercase()
    }

    /// For a secret, the key whose value is the path of a file that holds the secret.
    pub fn file_path(&self) -> Option<String> {
        self.secret.then(|| format!("{}{FILE_SUFFIX}", self.path()))
    }

    /// For a secret, the variable that names the file that holds it.
    pub fn file_variable(&self) -> Option<String> {
        self.secret.then(|| format!("{}{FILE_SUFFIX}", self.variable()).to_uppercase())
    }
}

/// What every environment variable of the product begins with.
pub(crate) const PREFIX: &str = "GATHERING_";

/// What turns the name of a secret into the name of the key for the file that holds it.
pub(crate) const FILE_SUFFIX: &str = "_file";

/// Every key there is, in the order of the reference page.
pub fn describe() -> Vec<Key> {
    Config::sections().iter().flat_map(|(_, _, keys)| keys.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_is_documented_and_has_names_of_its_own() {
        let keys = describe();
        let mut names = BTreeSet::new();
        for key in &keys {
            assert!(key.doc.trim().ends_with('.'), "{} needs a sentence", key.path());
            assert!(!key.kind.is_empty(), "{}", key.path());
            for name in
                [Some(key.path()), Some(key.variable()), key.file_path(), key.file_variable()]
                    .into_iter()
                    .flatten()
            {
                assert!(names.insert(name.clone()), "{name} means two things");
            }
        }
        assert!(keys.len() > 10, "the table of keys went missing");
    }

    #[test]
    fn documented_variables_keep_their_names() {
        let variables: Vec<_> = describe().iter().map(Key::variable).collect();
        for promised in
            ["GATHERING_DATABASE_URL", "GATHERING_BOOTSTRAP_OWNER", "GATHERING_BOOTSTRAP_PASSWORD"]
        {
            assert!(variables.iter().any(|variable| variable == promised), "{promised}");
        }
    }
}
