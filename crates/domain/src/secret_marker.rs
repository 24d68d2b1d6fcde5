//! The marker that stands for a secret until the egress replaces it.

use std::ops::Range;

const OPEN: &str = "⟦secret:";
const CLOSE: &str = "⟧";
/// The longest name of a secret, in bytes.
const NAME_LIMIT: usize = 64;

/// The text that stands for the secret `name`. It says nothing of the value, so definitions, models,
/// journals and logs may hold it.
pub fn secret_marker(name: &str) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

/// The markers in `text`, in order: where each is, and the secret's name. What only resembles a
/// marker is skipped.
pub fn find_secret_markers(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(OPEN).map(|at| from + at) {
        let name_start = start + OPEN.len();
        from = name_start;
        let Some(length) = text[name_start..].find(CLOSE) else { break };
        let name = &text[name_start..name_start + length];
        if is_secret_name(name) {
            let end = name_start + length + CLOSE.len();
            found.push((start..end, name));
            from = end;
        }
    }
    found
}

/// Whether `name` can name a secret: 1 to 64 of `A-Z`, `a-z`, `0-9` and `_`.
pub fn is_secret_name(name: &str) -> bool {
    (1..=NAME_LIMIT).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_where_they_were_put() {
        let text = format!("Bearer {} and {}", secret_marker("PAGER"), secret_marker("b_2"));
        let found = find_secret_markers(&text);
        assert_eq!(found.iter().map(|(_, name)| *name).collect::<Vec<_>>(), ["PAGER", "b_2"]);
        assert_eq!(&text[found[0].0.clone()], secret_marker("PAGER"));
        assert_eq!(&text[found[1].0.clone()], secret_marker("b_2"));
    }

    #[test]
    fn what_resembles_a_marker_is_none() {
        let long = secret_marker(&"x".repeat(65));
        for text in ["", "⟦secret:", "⟦secret:⟧", "⟦secret:a b⟧", "⟦secret:é⟧", "⟦other:a⟧", &long]
        {
            assert_eq!(find_secret_markers(text), [], "{text}");
        }
        let nested = "⟦secret:⟦secret:A⟧⟧";
        assert_eq!(find_secret_markers(nested).len(), 1);
    }
}
