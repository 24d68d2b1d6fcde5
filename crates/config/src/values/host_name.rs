//! The name of a host, in lower case, without scheme or port.

use std::net::IpAddr;

use crate::setting::{ListItem, Raw, Setting, unfit};

/// The name of a host, or its address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

/// The longest name that the name system can hold, in bytes (RFC 1035).
const BYTES_MAX: usize = 253;

impl HostName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
        };
        let sound = name.len() <= BYTES_MAX
            && (name.parse::<IpAddr>().is_ok() || name.split('.').all(label));
        sound.then_some(Self(name))
    }
}

impl Setting for HostName {
    const KIND: &'static str = "a host such as `llm.internal`, without scheme or port";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(Self::parse).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl ListItem for HostName {
    const LIST_KIND: &'static str = "a list of hosts";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_stand_alone() {
        for (text, name) in
            [("LLM.Internal.", "llm.internal"), ("localhost", "localhost"), ("::1", "::1")]
        {
            assert_eq!(HostName::parse(text).unwrap().as_str(), name);
        }
        for text in ["", "http://a", "a:80", "a b", "*.a", "-a", "a..b", "a/b", "ä.example"] {
            assert!(HostName::parse(text).is_none(), "{text}");
        }
    }
}
