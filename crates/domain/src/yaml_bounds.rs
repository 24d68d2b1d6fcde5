//! Refuses YAML texts that would keep a parser busy for minutes, before one reads them.

/// Most levels of brackets in a YAML text that anything here reads.
pub const MAX_YAML_BRACKETS: usize = 128;

/// Most directives (lines such as `%TAG`) in a YAML text that anything here reads.
pub const MAX_YAML_DIRECTIVES: usize = 64;

/// A YAML text that is refused before it is read, and the place of what is too much in it: line and
/// column in characters, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum YamlBeyondBounds {
    /// It has more levels of brackets than [`MAX_YAML_BRACKETS`].
    #[error("nested more than {MAX_YAML_BRACKETS} levels deep at line {0} column {1}")]
    Brackets(usize, usize),
    /// It has more directives than [`MAX_YAML_DIRECTIVES`].
    #[error("more than {MAX_YAML_DIRECTIVES} directives at line {0} column {1}")]
    Directives(usize, usize),
}

/// Refuses a YAML text whose work for a parser grows with the square of its length: with each token
/// it looks at every open bracket again, and with each directive at all earlier ones. Takes one pass,
/// and goes by where tokens begin: brackets in quotes, comments, block scalars and prose are text.
/// What is no YAML is left to the parser.
pub fn check_yaml_bounds(text: &str) -> Result<(), YamlBeyondBounds> {
    let mut scan = Scan::new(text);
    loop {
        let Some((line, column)) = scan.token() else { return Ok(()) };
        if scan.flow > MAX_YAML_BRACKETS {
            return Err(YamlBeyondBounds::Brackets(line, column + 1));
        }
        if scan.directives > MAX_YAML_DIRECTIVES {
            return Err(YamlBeyondBounds::Directives(line, column + 1));
        }
    }
}

/// A pass over the text, token by token.
struct Scan<'a> {
    rest: std::str::Chars<'a>,
    line: usize,
    /// Characters before this one in its line.
    column: usize,
    /// Open brackets.
    flow: usize,
    directives: usize,
    /// The column of the block that this is in, one-based; zero outside of all.
    indent: usize,
    outer: Vec<usize>,
    /// Where a key may have begun that has no colon yet: line and column.
    key: Option<(usize, usize)>,
    /// Whether a key may begin here.
    fresh: bool,
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars(),
            line: 1,
            column: 0,
            flow: 0,
            directives: 0,
            indent: 0,
            outer: Vec::new(),
            key: None,
            fresh: true,
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.clone().nth(ahead)
    }

    fn skip(&mut self) {
        let Some(c) = self.rest.next() else { return };
        if is_break(c) {
            if c == '\r' && self.peek(0) == Some('\n') {
                self.rest.next();
            }
            self.line += 1;
            self.column = 0;
        } else {
            self.column += 1;
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.skip();
        }
    }

    /// Whether a blank, a line break or the end stands there.
    fn is_gap(&self, ahead: usize) -> bool {
        self.peek(ahead).is_none_or(|c| is_blank(c) || is_break(c))
    }

    /// Whether a line that separates documents begins here.
    fn is_separator(&self) -> bool {
        let rest = self.rest.as_str();
        self.column == 0 && (rest.starts_with("---") || rest.starts_with("...")) && self.is_gap(3)
    }

    /// Passes over the next token and says where it began; none at the end.
    fn token(&mut self) -> Option<(usize, usize)> {
        self.space();
        let first = self.peek(0)?;
        let place = (self.line, self.column);
        if self.flow == 0 {
            self.leave_blocks(self.column + 1);
        }
        let (flows, gap) = (self.flow > 0, self.is_gap(1));
        match first {
            '%' if self.column == 0 => {
                self.begin_document();
                self.directives += 1;
                self.skip_while(|c| !is_break(c));
            }
            _ if self.is_separator() => {
                self.begin_document();
                (0..3).for_each(|_| self.skip());
            }
            '[' | '{' => {
                self.begin_node();
                self.flow += 1;
                self.fresh = true;
                self.skip();
            }
            ']' | '}' => {
                self.flow = self.flow.saturating_sub(1);
                self.fresh = false;
                self.skip();
            }
            ',' => self.indicator(true),
            '-' if gap => {
                self.enter_block(self.column + 1);
                self.indicator(true);
            }
            '?' if flows || gap => {
                self.enter_block(self.column + 1);
                self.indicator(!flows);
            }
            ':' if flows || gap => self.colon(),
            '*' | '&' => {
                self.begin_node();
                self.skip();
                self.skip_while(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            }
            '!' => self.tag(),
            '|' | '>' if !flows => self.block_scalar(),
            '\'' | '"' => self.quoted(first),
            _ => self.plain(),
        }
        Some(place)
    }

    /// Passes over blanks, line breaks and comments.
    fn space(&mut self) {
        loop {
            if self.column == 0 && self.peek(0) == Some('\u{feff}') {
                self.skip();
            }
            self.skip_while(is_blank);
            if self.peek(0) == Some('#') {
                self.skip_while(|c| !is_break(c));
            }
            if !self.peek(0).is_some_and(is_break) {
                return;
            }
            self.skip();
            self.fresh |= self.flow == 0;
        }
    }

    fn begin_document(&mut self) {
        if self.flow == 0 {
            self.leave_blocks(0);
            self.key = None;
        }
        self.fresh = false;
    }

    /// Notes that a node begins here, which may turn out to be a key.
    fn begin_node(&mut self) {
        if self.flow == 0 && self.fresh {
            self.key = Some((self.line, self.column));
        }
        self.fresh = false;
    }

    fn indicator(&mut self, fresh: bool) {
        if self.flow == 0 {
            self.key = None;
        }
        self.fresh = fresh;
        self.skip();
    }

    fn enter_block(&mut self, indent: usize) {
        if self.flow == 0 && self.indent < indent {
            self.outer.push(self.indent);
            self.indent = indent;
        }
    }

    fn leave_blocks(&mut self, indent: usize) {
        while self.indent > indent {
            self.indent = self.outer.pop().unwrap_or(0);
        }
    }

    fn colon(&mut self) {
        let flows = self.flow > 0;
        let key = self.key.filter(|(line, _)| !flows && *line == self.line);
        self.enter_block(key.map_or(self.column, |(_, column)| column) + 1);
        self.indicator(key.is_none() && !flows);
    }

    fn tag(&mut self) {
        self.begin_node();
        self.skip();
        if self.peek(0) == Some('<') {
            self.skip_while(|c| c != '>' && !is_blank(c) && !is_break(c));
        }
        self.skip_while(|c| {
            !is_blank(c) && !is_break(c) && !matches!(c, ',' | '[' | ']' | '{' | '}')
        });
    }

    /// Passes over a literal or folded text: what is indented more than the block around it.
    fn block_scalar(&mut self) {
        if self.flow == 0 {
            self.key = None;
        }
        self.fresh = true;
        self.skip();
        let mut wanted = None;
        while let Some(c) = self.peek(0).filter(|c| matches!(c, '+' | '-' | '0'..='9')) {
            let around = self.indent.saturating_sub(1);
            wanted = c.to_digit(10).map(|digit| around + digit as usize).or(wanted);
            self.skip();
        }
        self.skip_while(|c| !is_break(c));
        self.skip();
        let mut widest = 0;
        while let Some(c) = self.peek(0) {
            if c == ' ' && wanted.is_none_or(|wanted| self.column < wanted) {
                self.skip();
                continue;
            }
            widest = widest.max(self.column);
            if !is_break(c) {
                let wanted = *wanted.get_or_insert(widest.max(self.indent).max(1));
                if self.column < wanted {
                    return;
                }
                self.skip_while(|c| !is_break(c));
            }
            self.skip();
        }
    }

    fn quoted(&mut self, quote: char) {
        self.begin_node();
        self.skip();
        while let Some(c) = self.peek(0) {
            let twice = quote == '\'' && c == '\'' && self.peek(1) == Some('\'');
            if twice || (quote == '"' && c == '\\') {
                self.skip();
            } else if c == quote {
                self.skip();
                return;
            }
            self.skip();
        }
    }

    /// Passes over text without quotes, which may go on in the next lines.
    fn plain(&mut self) {
        self.begin_node();
        let flows = self.flow > 0;
        loop {
            while let Some(c) = self.peek(0).filter(|c| !is_blank(*c) && !is_break(*c)) {
                let bracket = matches!(c, ',' | '[' | ']' | '{' | '}');
                let colon = c == ':' && (self.is_gap(1) || flows && self.is_flow_mark(1));
                if colon || flows && bracket {
                    return;
                }
                self.skip();
            }
            let before = self.line;
            self.skip_while(|c| is_blank(c) || is_break(c));
            let broken = self.line > before;
            let dedented = broken && !flows && self.column < self.indent;
            self.fresh = broken;
            if self.peek(0).is_none_or(|c| c == '#') || self.is_separator() || dedented {
                return;
            }
        }
    }

    fn is_flow_mark(&self, ahead: usize) -> bool {
        self.peek(ahead).is_some_and(|c| matches!(c, ',' | '?' | '[' | ']' | '{' | '}'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brackets in plenty that are text.
    fn prose() -> String {
        "[{".repeat(MAX_YAML_BRACKETS)
    }

    #[test]
    fn brackets_in_text_are_text() {
        let many = prose();
        for text in [
            format!("a: |\n  {many}\n  '{many}\nb: 1\n"),
            format!("a: >-\n\n   \n    {many}\n      {many}\n"),
            format!("- a: |2\n      {many}\n    {many}\n- b\n"),
            format!("? |\n  {many}\n: >\n  {many}\n"),
            format!("|\n {many}\n"),
            format!("a: it's\n  {many}\n  {many} so\nb: don't {many}\n"),
            format!("- word\n  {many}\n\n  {many}\n- &anchor word {many}\n- !tag word {many}\n"),
            format!("word\n{many}\n"),
            format!(
                "a: '{many} it''s {many}'\nb: \"{many} \\\" {many}\"\nc: [\"]{many}\", '{many}']\n"
            ),
            format!("# {many}\na: 1 # {many}\n# '\nb: [ # {many}\n  1]\n"),
            format!("a: | # {many}\n  text\nb: x#y {many}\n"),
            format!("a:\r\n  b: |\r\n\r\n    {many}\r\n    {many}\r\n  c: d\r\n   {many}\r\n"),
            format!("%YAML 1.2\n---\na: |\n  {many}\n...\n---\nb: x {many}\n"),
            format!("!<tag:{many}> a\n"),
            "[".repeat(MAX_YAML_BRACKETS) + &"]".repeat(MAX_YAML_BRACKETS),
            "[{a: []}, ".repeat(40) + &"]".repeat(40),
            "- [1, {a: b}]\n".repeat(1_000),
        ] {
            assert_eq!(check_yaml_bounds(&text), Ok(()), "{text}");
        }
    }

    #[test]
    fn brackets_too_deep_are_refused_at_the_first() {
        let deep = "[".repeat(1_000);
        for (before, line, column) in [
            ("", 1, 1),
            ("a: ", 1, 4),
            ("a: don't\nb: ", 2, 4),
            ("a: |\n  it's\nb: ", 3, 4),
            ("a: |\n\n      x\n   # '\nb: ", 5, 4),
            ("a: >2-\n   '\n- '[[['\n- ", 4, 3),
            ("- - |\n    '\n  - ", 3, 5),
            ("a: |\r\n  '\r\nb: ", 3, 4),
            ("# it's \"\n# |\n- ", 3, 3),
            ("x # '\n--- ", 2, 5),
            ("a: \"\\\"'[\\\\\"\nb: ", 2, 4),
            ("a: 'it''s \\'\nb: ", 2, 4),
            ("a: [x, 'y', it's, \"#\"]\nb: ", 2, 4),
            ("a: x\n  y'z\n\n b: ", 4, 5),
            ("[a: |', ", 1, 9),
            ("&a !b ", 1, 7),
            ("- \u{feff}'\n- ", 2, 3),
            ("\u{feff}- 'é'\n- ", 2, 3),
            ("? |\n  '\n: ", 3, 3),
            ("a:\n- |\n  '\nb: ", 4, 4),
        ] {
            let open = usize::from(before.starts_with("[a"));
            let place = YamlBeyondBounds::Brackets(line, column + MAX_YAML_BRACKETS - open);
            assert_eq!(check_yaml_bounds(&format!("{before}{deep}")), Err(place), "{before:?}");
        }
        let lines = "{a: \n".repeat(1_000);
        let place = YamlBeyondBounds::Brackets(MAX_YAML_BRACKETS + 1, 1);
        assert_eq!(check_yaml_bounds(&lines), Err(place));
    }

    #[test]
    fn directives_have_a_bound() {
        let text = "%TAG !a! b\n".repeat(MAX_YAML_DIRECTIVES);
        assert_eq!(check_yaml_bounds(&format!("{text}---\na: %\n")), Ok(()));
        let place = YamlBeyondBounds::Directives(MAX_YAML_DIRECTIVES + 1, 1);
        assert_eq!(check_yaml_bounds(&format!("{text}%TAG !a! b\n")), Err(place));
    }
}
