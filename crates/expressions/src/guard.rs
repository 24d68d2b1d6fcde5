//! Makes the engine's operators strict, and counts what they read.
//!
//! They are refused where they would multiply texts or compare the incomparable.
//! The engine offers no hook for operators, so their source is rewritten before it is compiled.

use crate::{
    error::ParseError,
    scan::{Code, Kind, Token},
};

/// Comparisons and the filters that do them strictly.
pub(crate) const COMPARISONS: [(&str, &str); 4] =
    [("<", "_less"), (">", "_more"), ("<=", "_at_most"), (">=", "_at_least")];

/// The filter that counts a value and gives it back.
pub(crate) const SEEN: &str = "_seen";

/// Words and signs that end the operand of a comparison, beside brackets around it.
const ENDS: [&str; 15] =
    [",", ":", "=", "and", "or", "not", "if", "elif", "else", "in", "is", "<", ">", "<=", ">="];

/// The source with its operators made strict, or `None` if it has none of those.
pub(crate) fn guard(source: &str, parts: &[Code<'_>]) -> Result<Option<String>, ParseError> {
    let mut edits = Vec::new();
    for part in parts {
        for (at, token) in part.tokens.iter().enumerate() {
            edits.extend(counted(part, at));
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
    edits.sort_by_key(|edit: &Edit| (edit.at, edit.place));
    let mut guarded = String::with_capacity(source.len() + 16 * edits.len());
    let mut copied = 0;
    for edit in edits {
        // What is edited twice has an operator in the place of an operand.
        let Some(between) = source.get(copied..edit.at) else {
            let message = "an operator stands where a value was expected";
            return Err(ParseError::at(source, edit.at, message));
        };
        guarded.push_str(between);
        guarded.push_str(&edit.text);
        copied = edit.at + edit.replaces;
    }
    guarded.push_str(&source[copied..]);
    Ok(Some(guarded))
}

/// The source with a quotient in the place of each product, to see whether it can be read at all: the
/// engine works constants out as it reads, and `9999999 * [0]` is a list that takes it seconds.
pub(crate) fn without_products(source: &str, parts: &[Code<'_>]) -> String {
    let mut text = source.to_owned();
    for part in parts {
        for (before, token) in part.tokens.iter().zip(part.tokens.iter().skip(1)) {
            if token.is_sign("*") && is_operand(before) {
                text.replace_range(token.at..token.end(), "/");
            }
        }
    }
    text
}

struct Edit {
    at: usize,
    replaces: usize,
    text: String,
    place: Place,
}

/// The order of edits at one place: what ends there comes before what begins there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Seen,
    End,
    Begin,
}

impl Edit {
    fn new(at: usize, replaces: usize, text: impl Into<String>) -> Self {
        Self { at, replaces, text: text.into(), place: Place::Begin }
    }

    fn seen(after: Token<'_>) -> Self {
        let text = format!("|{SEEN}");
        Self { at: after.end(), replaces: 0, text, place: Place::Seen }
    }
}

/// Sends the operands of what reads or copies them whole through a filter that counts them: `==`,
/// `!=`, `in`, `~`, `+`, and slices. The engine counts one step for each, whatever their size.
fn counted(part: &Code<'_>, at: usize) -> Vec<Edit> {
    let tokens = &part.tokens;
    let token = tokens[at];
    let before = |at: usize| at.checked_sub(1).map(|at| tokens[at]);
    if token.is_sign("[") {
        let (Some(last), Some(close)) = (at.checked_sub(1), closing(tokens, at)) else {
            return Vec::new();
        };
        if !is_operand(&tokens[last]) || !is_slice(&tokens[at..close]) {
            return Vec::new();
        }
        let first = tokens[chain_start(tokens, last)];
        let end = Edit { place: Place::End, ..Edit::new(tokens[last].end(), 0, ")") };
        return vec![Edit::new(first.at, 0, "("), Edit::seen(tokens[last]), end];
    }
    let is_in = token.is_name("in");
    if !is_in && !["==", "!=", "~", "+"].iter().any(|sign| token.is_sign(sign)) {
        return Vec::new();
    }
    let negates = is_in && before(at).is_some_and(|token| token.is_name("not"));
    let operator = if negates { at - 1 } else { at };
    let Some(left) = before(operator) else { return Vec::new() };
    // After `is` stands a test, which counts for itself; the first `in` of a loop is no operator.
    let is_test = is_in && left.is_name("is");
    let is_loop = is_in
        && part.statement
        && tokens[0].is_name("for")
        && !tokens[..at].iter().any(|token| token.is_name("in"));
    if is_test || is_loop || !is_operand(&left) {
        return Vec::new();
    }
    let right = chain_end(tokens, at + 1).map(|last| Edit::seen(tokens[last]));
    [Edit::seen(left)].into_iter().chain(right).collect()
}

/// Whether an operand may end with this token.
fn is_operand(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Name => !ENDS.contains(&token.text),
        Kind::Text | Kind::Number => true,
        Kind::Sign => matches!(token.text, ")" | "]" | "}"),
    }
}

/// Whether a subscript holds a colon of its own.
fn is_slice(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    tokens.iter().filter(|token| token.kind == Kind::Sign).any(|token| {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 1 && token.text == ":"
    })
}

/// Where the bracket at `open` closes.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" if token.kind == Kind::Sign => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Sign => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The first token of the name, literal or bracket with its members, calls and subscripts whose last
/// token is at `last`.
fn chain_start(tokens: &[Token<'_>], last: usize) -> usize {
    let mut at = last;
    loop {
        if tokens[at].kind == Kind::Sign {
            let mut opens = (0..at).rev();
            let Some(open) = opens.find(|open| closing(tokens, *open) == Some(at)) else {
                return at;
            };
            at = open;
        }
        let Some(before) = at.checked_sub(1) else { return at };
        if tokens[before].is_sign(".") && before > 0 {
            at = before - 1;
        } else if tokens[at].kind == Kind::Sign && is_operand(&tokens[before]) {
            at = before;
        } else {
            return at;
        }
    }
}

/// The last token of the name, literal or bracket with its members, calls, subscripts and filters
/// that begins at `first`, signs before it left out.
fn chain_end(tokens: &[Token<'_>], first: usize) -> Option<usize> {
    let mut at = first;
    while tokens.get(at)?.is_sign("-") {
        at += 1;
    }
    let opens = |at: usize| {
        tokens.get(at).is_some_and(|token| ["(", "[", "{"].iter().any(|sign| token.is_sign(sign)))
    };
    let mut last = if opens(at) { closing(tokens, at)? } else { at };
    if !is_operand(&tokens[last]) {
        return None;
    }
    loop {
        let next = tokens.get(last + 1);
        if next.is_some_and(|token| token.is_sign(".") || token.is_sign("|")) {
            last += 2;
        } else if opens(last + 1) {
            last = closing(tokens, last + 1)?;
        } else {
            return tokens.get(last).map(|_| last);
        }
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
        Edit { place: Place::End, ..Edit::new(end.end(), 0, ")") },
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
