//! Makes the engine's operators strict where they would multiply texts or compare the incomparable.
//!
//! The engine offers no hook for operators, so their source is rewritten before it is compiled.

use crate::{
    error::ParseError,
    scan::{Code, Kind, Token},
};

/// Comparisons and the filters that do them strictly.
pub(crate) const COMPARISONS: [(&str, &str); 4] =
    [("<", "_less"), (">", "_more"), ("<=", "_at_most"), (">=", "_at_least")];

/// Words and signs that end the operand of a comparison, beside brackets around it.
const ENDS: [&str; 15] =
    [",", ":", "=", "and", "or", "not", "if", "elif", "else", "in", "is", "<", ">", "<=", ">="];

/// The source with its operators made strict, or `None` if it has none of those.
pub(crate) fn guard(source: &str, parts: &[Code<'_>]) -> Result<Option<String>, ParseError> {
    let mut edits = Vec::new();
    for part in parts {
        for (at, token) in part.tokens.iter().enumerate() {
            if token.is_sign("*") {
                edits.extend(product(&part.tokens, at));
            } else if let Some((_, filter)) =
                COMPARISONS.iter().find(|(sign, _)| token.is_sign(sign))
            {
                edits.extend(comparison(source, part, at, filter)?);
            }
        }
    }
    if edits.is_empty() {
        return Ok(None);
    }
    edits.sort_by_key(|edit: &Edit| edit.at);
    let mut guarded = String::with_capacity(source.len() + 16 * edits.len());
    let mut copied = 0;
    for edit in edits {
        guarded.push_str(&source[copied..edit.at]);
        guarded.push_str(&edit.text);
        copied = edit.at + edit.replaces;
    }
    guarded.push_str(&source[copied..]);
    Ok(Some(guarded))
}

struct Edit {
    at: usize,
    replaces: usize,
    text: String,
}

impl Edit {
    fn new(at: usize, replaces: usize, text: impl Into<String>) -> Self {
        Self { at, replaces, text: text.into() }
    }
}

/// `*` repeats texts and lists, up to 100 MB in one step. Raising to the power of one and negating
/// twice change no number, and both refuse everything else.
fn product(tokens: &[Token<'_>], at: usize) -> Option<Edit> {
    let before = at.checked_sub(1).map(|before| tokens[before]);
    let spreads = before.is_none_or(|before| before.is_sign("(") || before.is_sign(","));
    (!spreads).then(|| Edit::new(tokens[at].at, 1, "** 1 * - - "))
}

/// The engine orders values of different kinds by their kinds, so that `'3' > 7` holds. A filter
/// compares instead, and fails on different kinds.
fn comparison(
    source: &str,
    part: &Code<'_>,
    at: usize,
    filter: &str,
) -> Result<[Edit; 3], ParseError> {
    let tokens = &part.tokens;
    let first = operand_start(tokens, at);
    let last = operand_end(tokens, at);
    let beside = [first.checked_sub(1), Some(last + 1)].into_iter().flatten();
    let chained = beside.filter_map(|at| tokens.get(at)).any(is_comparison);
    let (Some(start), Some(end), false) = (tokens.get(first), tokens.get(last), chained) else {
        let message = "comparisons are joined by `and`: `1 < x and x < 5`";
        return Err(ParseError::at(source, tokens[at].at, message));
    };
    let operator = tokens[at];
    Ok([
        Edit::new(start.at, 0, "("),
        Edit::new(operator.at, operator.text.len(), format!(")|{filter}(")),
        Edit::new(end.end(), 0, ")"),
    ])
}

fn is_comparison(token: &Token<'_>) -> bool {
    let words = ["<", ">", "<=", ">=", "==", "!=", "in", "is"];
    token.kind != Kind::Text && words.contains(&token.text)
}

fn ends_operand(token: &Token<'_>) -> bool {
    token.kind != Kind::Text && (ENDS.contains(&token.text) || is_comparison(token))
}

fn operand_start(tokens: &[Token<'_>], operator: usize) -> usize {
    let mut depth = 0_usize;
    for at in (0..operator).rev() {
        let token = &tokens[at];
        match token.text {
            ")" | "]" | "}" if token.kind == Kind::Sign => depth += 1,
            "(" | "[" | "{" if token.kind == Kind::Sign => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return at + 1,
            },
            _ if depth == 0 && ends_operand(token) => return at + 1,
            _ => {}
        }
    }
    0
}

fn operand_end(tokens: &[Token<'_>], operator: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(operator + 1) {
        match token.text {
            "(" | "[" | "{" if token.kind == Kind::Sign => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Sign => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return at - 1,
            },
            _ if depth == 0 && ends_operand(token) => return at - 1,
            _ => {}
        }
    }
    tokens.len() - 1
}
