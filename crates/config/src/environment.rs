//! The variables of the process, read once: the only door to the environment.

use std::{collections::BTreeMap, ffi::OsString};

use secrecy::SecretString;

/// A copy of the process's variables. What follows from them is decided by the reader.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
}

#[derive(Clone)]
enum Variable {
    Text(String),
    /// Present, but its value is not UTF-8.
    Unreadable,
}

impl Environment {
    /// The variables of this process. Those whose names are not UTF-8 are left out.
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The text of a variable; `None` if it is unset, empty or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.variables.get(name) {
            Some(Variable::Text(text)) if !text.is_empty() => Some(text),
            Some(Variable::Text(_) | Variable::Unreadable) | None => None,
        }
    }

    /// The text of a variable that holds a secret, such as a model provider's key.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// Variables that begin with `prefix` and are not empty; no text where it is not UTF-8.
    pub(crate) fn beginning_with(&self, prefix: &str) -> Vec<(&str, Option<&str>)> {
        self.variables
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .filter_map(|(name, variable)| match variable {
                Variable::Text(text) if text.is_empty() => None,
                Variable::Text(text) => Some((name.as_str(), Some(text.as_str()))),
                Variable::Unreadable => Some((name.as_str(), None)),
            })
            .collect()
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let variables = variables
            .into_iter()
            .filter_map(|(name, value)| {
                let value = value.into_string().map_or(Variable::Unreadable, Variable::Text);
                Some((name.into_string().ok()?, value))
            })
            .collect();
        Self { variables }
    }
}

/// Names only: values may be secret.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn empty_variables_count_as_unset_and_values_do_not_print() {
        let environment: Environment = [("A_KEY", "s3cret"), ("A_NONE", ""), ("B", "x")]
            .map(|(n, v)| (n.into(), v.into()))
            .into_iter()
            .collect();
        assert_eq!(environment.secret("A_KEY").unwrap().expose_secret(), "s3cret");
        assert_eq!(environment.text("A_NONE"), None);
        assert_eq!(environment.beginning_with("A_"), [("A_KEY", Some("s3cret"))]);
        assert!(!format!("{environment:?}").contains("s3cret"));
    }

    #[test]
    fn the_variables_of_the_process_are_read() {
        // Cargo sets this one for every test it runs.
        assert_eq!(Environment::of_process().text("CARGO_PKG_NAME"), Some("gathering-config"));
    }
}
