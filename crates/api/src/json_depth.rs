//! How deeply JSON text is nested, found without building any of it.

/// The byte at which the text is nested more deeply than `most`; none if it never is. Text that is
/// not JSON is left to the parser.
pub(crate) fn deeper_than(text: &str, most: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > most {
                    return Some(at);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_of_strings() {
        for (text, most, wanted) in [
            ("[[1]]", 2, None),
            ("[[1]]", 1, Some(1)),
            (r#"{"a":{"b":{}}}"#, 2, Some(10)),
            (r#"["[[[["]"#, 1, None),
            (r#"["\"[[["]"#, 1, None),
            (r#"["\\",[1]]"#, 1, Some(6)),
            ("[],[],[]", 1, None),
            ("]]]]", 0, None),
        ] {
            assert_eq!(deeper_than(text, most), wanted, "{text}");
        }
    }
}
