//! Opaque texts that a provider wants back, marked with whose they are.
//!
//! A conversation may move to another provider (fallback). Its signatures mean nothing there and
//! would be refused, so each goes back only to the kind that gave it.

/// Marks a provider's text as its own.
pub(crate) fn seal(kind: &str, text: &str) -> String {
    format!("{kind}:{text}")
}

/// The text, if it is this kind's own.
pub(crate) fn unseal<'a>(kind: &str, sealed: &'a str) -> Option<&'a str> {
    sealed.strip_prefix(kind)?.strip_prefix(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_only_where_it_was_made() {
        let sealed = seal("google", "a:b");
        assert_eq!(unseal("google", &sealed), Some("a:b"));
        assert_eq!(unseal("goo", &sealed), None);
        assert_eq!(unseal("anthropic", &sealed), None);
    }
}
