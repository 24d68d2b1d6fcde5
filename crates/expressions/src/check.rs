//! Static checks: which names a source uses, and that it keeps to the language.

use std::collections::BTreeSet;

use crate::{
    bounds::{MAX_BLOCKS, MAX_EXPRESSION_BYTES, MAX_OPERATORS},
    error::ParseError,
    language::{FILTER_NAMES, TEST_NAMES},
    scan::{Code, Kind, Token},
    scope::Names,
};

/// What a source refers to, found without evaluating it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Nodes whose result is read: `x` of `nodes.x`.
    pub nodes: BTreeSet<String>,
    /// Variables that are read: `x` of `vars.x`. `vars` as a whole is not listed.
    pub vars: BTreeSet<String>,
    /// Secrets that are asked for: `X` of `secret('X')`.
    pub secrets: BTreeSet<String>,
    /// Whether `item` is read.
    pub item: bool,
    /// All root names that are read: `item`, `input`, ….
    pub roots: BTreeSet<String>,
}

impl References {
    /// Adds what `other` refers to.
    pub fn merge(&mut self, other: &Self) {
        self.nodes.extend(other.nodes.iter().cloned());
        self.vars.extend(other.vars.iter().cloned());
        self.secrets.extend(other.secrets.iter().cloned());
        self.item |= other.item;
        self.roots.extend(other.roots.iter().cloned());
    }
}

/// Words of the language that are no names.
const KEYWORDS: [&str; 12] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False"];

/// Statements that templates may use. The others bind values, and a value bound to twice itself a
/// few dozen times fills any memory within any step limit.
const STATEMENTS: [&str; 8] = ["if", "elif", "else", "endif", "for", "endfor", "break", "continue"];

/// Refuses blocks nested too deeply. Runs before the engine parses, which it does by recursion.
pub(crate) fn check_blocks(source: &str, parts: &[Code<'_>]) -> Result<(), ParseError> {
    let mut open = Vec::new();
    let mut depth = 0_usize;
    for part in parts.iter().filter(|part| part.statement) {
        match part.tokens.first().map(|word| word.text) {
            Some("if" | "for") => {
                open.push(1);
                depth += 1;
            }
            Some("elif") => {
                *open.last_mut().unwrap_or(&mut 0) += 1;
                depth += 1;
            }
            Some("endif" | "endfor") => depth = depth.saturating_sub(open.pop().unwrap_or(0)),
            _ => {}
        }
        if depth > MAX_BLOCKS {
            let message = format!("a template has at most {MAX_BLOCKS} blocks in each other");
            return Err(ParseError::at(source, part.start, message));
        }
    }
    Ok(())
}

/// Checks every code part of `source` and gathers its references.
pub(crate) fn check(
    source: &str,
    parts: &[Code<'_>],
    names: Names,
) -> Result<References, ParseError> {
    let (locals, references) = (BTreeSet::new(), References::default());
    let mut checker = Checker { source, names, locals, references };
    for part in parts {
        checker.declare_loop_names(part)?;
    }
    for part in parts {
        checker.check_part(part)?;
    }
    Ok(checker.references)
}

struct Checker<'a> {
    source: &'a str,
    names: Names,
    locals: BTreeSet<&'a str>,
    references: References,
}

impl<'a> Checker<'a> {
    fn fault(&self, at: usize, message: impl Into<String>) -> ParseError {
        ParseError::at(self.source, at, message)
    }

    fn declare_loop_names(&mut self, part: &Code<'a>) -> Result<(), ParseError> {
        if !is_for(part) {
            return Ok(());
        }
        self.locals.insert("loop");
        for token in part.tokens[1..].iter().take_while(|token| !token.is_name("in")) {
            if token.kind != Kind::Name {
                continue;
            }
            if self.names.0.contains(&token.text) && token.text != "item" {
                let message = format!("`{}` cannot be the name of a loop", token.text);
                return Err(self.fault(token.at, message));
            }
            self.locals.insert(token.text);
        }
        Ok(())
    }

    fn check_part(&mut self, part: &Code<'a>) -> Result<(), ParseError> {
        if part.end - part.start > MAX_EXPRESSION_BYTES {
            let message = format!("an expression has at most {MAX_EXPRESSION_BYTES} bytes");
            return Err(self.fault(part.start, message));
        }
        let mut operators = part.tokens.iter().filter(|token| is_copying(token));
        if let Some(token) = operators.nth(MAX_OPERATORS) {
            let message = format!("an expression has at most {MAX_OPERATORS} of `~`, `+` and `*`");
            return Err(self.fault(token.at, message));
        }
        let mut tokens = part.tokens.as_slice();
        if part.statement {
            let Some(word) = tokens.first() else { return Ok(()) };
            if !STATEMENTS.contains(&word.text) {
                let message = format!(
                    "`{}` is not a statement of this language; it has if, for, break and continue",
                    word.text
                );
                return Err(self.fault(word.at, message));
            }
            if word.is_name("for") {
                let list = tokens.iter().position(|token| token.is_name("in"));
                tokens = &tokens[list.map_or(tokens.len(), |at| at + 1)..];
                self.check_loop_list(tokens)?;
            } else {
                tokens = &tokens[1..];
            }
        }
        for at in 0..tokens.len() {
            if tokens[at].kind == Kind::Name {
                self.check_name(tokens, at)?;
            }
        }
        Ok(())
    }

    /// A loop's list builds nothing new, so that nested loops cannot multiply a value.
    fn check_loop_list(&self, tokens: &[Token<'a>]) -> Result<(), ParseError> {
        let mut depth = 0_usize;
        for (at, token) in tokens.iter().enumerate() {
            if depth == 0 && token.is_name("if") {
                return Ok(());
            }
            let before = at.checked_sub(1).map(|before| tokens[before]);
            let continues = before.is_some_and(|before| {
                before.kind == Kind::Name && !before.is_name("in")
                    || before.is_sign(")")
                    || before.is_sign("]")
            });
            let builds = is_copying(token)
                || token.is_sign("{")
                || token.is_sign("[") && !continues
                || token.is_sign("(") && !continues
                || depth == 0 && token.is_sign(",");
            if builds || token.is_name("recursive") {
                return Err(self.fault(
                    token.at,
                    "the list of a loop is a name with filters, for instance `nodes.a.output | sort`",
                ));
            }
            if token.is_sign("(") || token.is_sign("[") {
                depth += 1;
            } else if token.is_sign(")") || token.is_sign("]") {
                depth = depth.saturating_sub(1);
            }
        }
        Ok(())
    }

    fn check_name(&mut self, tokens: &[Token<'a>], at: usize) -> Result<(), ParseError> {
        let token = tokens[at];
        let before = |back: usize| at.checked_sub(back).map(|index| tokens[index]);
        let after = |forth: usize| tokens.get(at + forth);
        let follows = |sign: &str| before(1).is_some_and(|token| token.is_sign(sign));
        let precedes = |sign: &str| after(1).is_some_and(|token| token.is_sign(sign));
        if follows(".") && token.text == "changed" && precedes("(") {
            // It keeps and compares a value of any size at each turn.
            return Err(self.fault(token.at, "`changed` is not in this language"));
        }
        if follows(".") || precedes("=") {
            return Ok(());
        }
        if follows("|") {
            return self.check_known("filter", token, FILTER_NAMES);
        }
        let negated = before(1).is_some_and(|token| token.is_name("not"))
            && before(2).is_some_and(|token| token.is_name("is"));
        if negated || before(1).is_some_and(|token| token.is_name("is")) && !token.is_name("not") {
            return self.check_known("test", token, TEST_NAMES);
        }
        if KEYWORDS.contains(&token.text)
            || token.text == "None"
            || self.locals.contains(token.text)
            || token.text == "range" && precedes("(")
        {
            return Ok(());
        }
        if self.names.0.contains(&token.text) {
            self.references.roots.insert(token.text.to_owned());
        }
        match token.text {
            name if !self.names.are_of_a_run() => self.check_root(name, token.at),
            "secret" => {
                let name = after(2).filter(|name| name.kind == Kind::Text && !name.text.is_empty());
                match (precedes("("), name, after(3)) {
                    (true, Some(name), Some(close)) if close.is_sign(")") => {
                        self.references.secrets.insert(name.text.to_owned());
                        Ok(())
                    }
                    _ => {
                        Err(self.fault(token.at, "write `secret('NAME')`, with the name in quotes"))
                    }
                }
            }
            "nodes" => match member(tokens, at) {
                Some(id) => {
                    self.references.nodes.insert(id.to_owned());
                    Ok(())
                }
                None => Err(self.fault(token.at, "write `nodes.` and the id of a node")),
            },
            "vars" => {
                self.references.vars.extend(member(tokens, at).map(str::to_owned));
                Ok(())
            }
            "item" => {
                self.references.item = true;
                Ok(())
            }
            name => self.check_root(name, token.at),
        }
    }

    fn check_root(&self, name: &str, at: usize) -> Result<(), ParseError> {
        let names = self.names.0;
        if names.contains(&name) {
            return Ok(());
        }
        let verb = if names.len() == 1 { "is" } else { "are" };
        let message = format!("unknown name `{name}`; there {verb} {}", names.join(", "));
        Err(self.fault(at, message))
    }

    fn check_known(&self, what: &str, token: Token<'a>, known: &[&str]) -> Result<(), ParseError> {
        if known.contains(&token.text) {
            return Ok(());
        }
        Err(self.fault(token.at, format!("unknown {what} `{}`", token.text)))
    }
}

fn is_for(part: &Code<'_>) -> bool {
    part.statement && part.tokens.first().is_some_and(|word| word.is_name("for"))
}

fn is_copying(token: &Token<'_>) -> bool {
    ["~", "+", "*"].iter().any(|sign| token.is_sign(sign))
}

/// `x` where the tokens from `at` on read `name.x` or `name['x']`.
fn member<'a>(tokens: &[Token<'a>], at: usize) -> Option<&'a str> {
    let (open, key) = (tokens.get(at + 1)?, tokens.get(at + 2)?);
    let dotted = open.is_sign(".") && key.kind == Kind::Name;
    let quoted = open.is_sign("[")
        && key.kind == Kind::Text
        && tokens.get(at + 3).is_some_and(|token| token.is_sign("]"));
    (dotted || quoted).then_some(key.text)
}
