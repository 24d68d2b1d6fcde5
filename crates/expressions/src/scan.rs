//! Splits sources into text and code, and code into tokens, as the engine's own lexer does.
//!
//! The engine offers no syntax tree, so the static checks read tokens. What is wrong beyond brackets,
//! quotes and markers is left for the engine's parser to find.

use crate::bounds::{MAX_NESTING, MAX_TOKENS};

/// One token of code with its byte offset in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// The token's text; of a string what stands between its quotes, escapes not resolved.
    pub(crate) text: &'a str,
    pub(crate) at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Text,
    Number,
    Sign,
}

impl Token<'_> {
    /// The first byte after it.
    pub(crate) fn end(&self) -> usize {
        let quotes = if self.kind == Kind::Text { 2 } else { 0 };
        self.at + self.text.len() + quotes
    }

    pub(crate) fn is_name(&self, text: &str) -> bool {
        self.kind == Kind::Name && self.text == text
    }

    pub(crate) fn is_sign(&self, text: &str) -> bool {
        self.kind == Kind::Sign && self.text == text
    }
}

/// Code between `{{ }}` or `{% %}`, or a whole expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) statement: bool,
    /// First byte of the code, after the opening marker.
    pub(crate) start: usize,
    /// First byte after the code, where the closing marker starts.
    pub(crate) end: usize,
}

/// Something that no well-formed source contains, at a byte offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    pub(crate) message: &'static str,
}

impl Malformed {
    const fn new(at: usize, message: &'static str) -> Self {
        Self { at, message }
    }
}

/// Whether `source` has any markup at all.
pub(crate) fn is_plain_text(source: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|marker| source.contains(marker))
}

/// Reads a whole source as one expression.
pub(crate) fn scan_expression(source: &str) -> Result<Code<'_>, Malformed> {
    let (tokens, end) = scan_code(source, 0, None)?;
    Ok(Code { tokens, statement: false, start: 0, end })
}

/// Reads the code parts of a template, in order; text, comments and raw blocks are left out.
pub(crate) fn scan_template(source: &str) -> Result<Vec<Code<'_>>, Malformed> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(offset) = source[at..].find('{') {
        let open = at + offset;
        let after = open + 2;
        match source.as_bytes().get(open + 1) {
            Some(b'#') => {
                let length = source[after..]
                    .find("#}")
                    .ok_or(Malformed::new(open, "unexpected end of a comment"))?;
                at = after + length + 2;
            }
            Some(b'{') => {
                let start = skip_sign(source, after);
                let (tokens, end) = scan_code(source, start, Some("}}"))?;
                at = skip_sign(source, end) + 2;
                parts.push(Code { tokens, statement: false, start, end });
            }
            Some(b'%') => {
                if let Some(body) = skip_tag(source, after, "raw") {
                    at = skip_raw(source, body)
                        .ok_or(Malformed::new(open, "unexpected end of a raw block"))?;
                    continue;
                }
                let start = skip_sign(source, after);
                let (tokens, end) = scan_code(source, start, Some("%}"))?;
                at = skip_sign(source, end) + 2;
                parts.push(Code { tokens, statement: true, start, end });
            }
            _ => at = open + 1,
        }
    }
    Ok(parts)
}

fn skip_sign(source: &str, at: usize) -> usize {
    match source.as_bytes().get(at) {
        Some(b'-' | b'+') => at + 1,
        _ => at,
    }
}

/// The offset after the tag `name`, if that is the tag whose marker ends at `at`.
fn skip_tag(source: &str, at: usize, name: &str) -> Option<usize> {
    let space =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_whitespace()).len();
    let mut at = skip_sign(source, at);
    at += space(&source[at..]);
    source[at..].starts_with(name).then_some(())?;
    at += name.len();
    at += space(&source[at..]);
    at = skip_sign(source, at);
    source[at..].starts_with("%}").then_some(at + 2)
}

fn skip_raw(source: &str, mut at: usize) -> Option<usize> {
    loop {
        at += source[at..].find("{%")? + 2;
        if let Some(end) = skip_tag(source, at, "endraw") {
            return Some(end);
        }
    }
}

/// Tokens from `at` up to `close` outside of brackets, or to the end of the source.
fn scan_code<'a>(
    source: &'a str,
    mut at: usize,
    close: Option<&str>,
) -> Result<(Vec<Token<'a>>, usize), Malformed> {
    const SIGNS: [&str; 6] = ["//", "**", "==", "!=", ">=", "<="];
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    let mut prefixes = 0_usize;
    loop {
        let rest = &source[at..];
        let Some(first) = rest.chars().next() else {
            return if close.is_none() {
                Ok((tokens, at))
            } else {
                Err(Malformed::new(at, "unexpected end of input"))
            };
        };
        if first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if let Some(close) = close
            && depth == 0
            && source[skip_sign(source, at)..].starts_with(close)
        {
            return Ok((tokens, at));
        }
        let (kind, text, length) = match first {
            '\'' | '"' => {
                let inner = quoted_length(rest, first)
                    .ok_or(Malformed::new(at, "unexpected end of a string"))?;
                (Kind::Text, &rest[1..=inner], inner + 2)
            }
            '0'..='9' => {
                let length = span(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
                (Kind::Number, &rest[..length], length)
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = span(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                (Kind::Name, &rest[..length], length)
            }
            _ => {
                let double = SIGNS.iter().any(|sign| rest.starts_with(sign));
                let length = if double { 2 } else { first.len_utf8() };
                match first {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => {
                        depth = depth
                            .checked_sub(1)
                            .ok_or(Malformed::new(at, "unexpected closing bracket"))?;
                    }
                    _ => {}
                }
                (Kind::Sign, &rest[..length], length)
            }
        };
        // Nested operands are parsed by recursion, and some of them by the engine without a limit.
        let prefix = matches!(text, "-" | "not") && kind != Kind::Text;
        prefixes = if prefix { prefixes + 1 } else { 0 };
        if depth + prefixes > MAX_NESTING {
            return Err(Malformed::new(at, "nested too deeply"));
        }
        if tokens.len() == MAX_TOKENS {
            return Err(Malformed::new(at, "an expression of too many parts"));
        }
        tokens.push(Token { kind, text, at });
        at += length;
    }
}

fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Bytes between the quotes of the string that `text` starts with.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (offset, c) in text[1..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(offset),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        scan_expression(source).unwrap().tokens.iter().map(|token| token.text).collect()
    }

    #[test]
    fn expressions_split_into_tokens() {
        assert_eq!(
            texts("a.b|f('x\\'y',2)"),
            ["a", ".", "b", "|", "f", "(", "x\\'y", ",", "2", ")"]
        );
        assert_eq!(texts("a**2!=b//3"), ["a", "**", "2", "!=", "b", "//", "3"]);
        assert!(scan_expression("'open").is_err());
        assert!(scan_expression("a)").is_err());
    }

    #[test]
    fn code_ends_at_its_marker_outside_brackets_and_strings() {
        let source = "a {{ {'k': {1: '}}'}} }} b {%- if x -%} c {% endif %}{# {{ no }} #}{{- y -}}";
        let parts = scan_template(source).unwrap();
        let codes: Vec<_> = parts.iter().map(|part| source[part.start..part.end].trim()).collect();
        assert_eq!(codes, ["{'k': {1: '}}'}}", "if x", "endif", "y"]);
        assert_eq!(
            parts.iter().map(|part| part.statement).collect::<Vec<_>>(),
            [false, true, true, false]
        );
    }

    #[test]
    fn raw_blocks_and_lone_braces_are_text() {
        assert_eq!(scan_template("{% raw %}{{ x }}{% endraw %} { \"a\": {} }").unwrap(), []);
        assert_eq!(scan_template("{%- raw -%}{{ x {%+ endraw %}{{y}}").unwrap().len(), 1);
        for broken in ["{{ x", "{% if", "{# x", "{% raw %}"] {
            assert!(scan_template(broken).is_err(), "{broken}");
        }
    }
}
