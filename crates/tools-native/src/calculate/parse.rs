//! Reads an expression and computes it on the way: recursive descent over bytes of ASCII.

use super::{Error, Number, functions, number::Ratio};

/// The deepest nesting of parentheses, signs and powers.
const MAX_LEVELS: usize = 64;
/// The largest exponent of a number written as `1e9`, to either side.
const MAX_EXPONENT: i32 = 300;

/// Computes the value of `expression`.
pub(super) fn evaluate(expression: &str) -> Result<Number, Error> {
    let mut parser = Parser { text: expression, at: 0, level: 0 };
    let value = parser.sum()?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    level: usize,
}

impl<'a> Parser<'a> {
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn place(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    fn unexpected(&mut self, wanted: &'static str) -> Error {
        let found = match self.peek() {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end".to_owned(),
        };
        Error::Unexpected { place: self.place(), found, wanted }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.level += 1;
        if self.level > MAX_LEVELS {
            return Err(Error::TooDeep(MAX_LEVELS));
        }
        let value = read(self)?;
        self.level -= 1;
        Ok(value)
    }

    fn sum(&mut self) -> Result<Number, Error> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value = value.add(self.product()?)?;
            } else if self.take('-') {
                value = value.subtract(self.product()?)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<Number, Error> {
        let mut value = self.signed()?;
        loop {
            if self.text[self.at..].trim_start().starts_with("**") {
                return Err(self.unexpected("`^` for a power"));
            }
            if self.take('*') || self.take('×') || self.take('·') {
                value = value.multiply(self.signed()?)?;
            } else if self.take('/') || self.take('÷') {
                value = value.divide(self.signed()?)?;
            } else if self.take('%') {
                value = value.modulo(self.signed()?)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// A sign binds weaker than a power: `-2^2` is -4.
    fn signed(&mut self) -> Result<Number, Error> {
        if self.take('-') {
            Ok(self.nested(Self::signed)?.negate())
        } else if self.take('+') {
            self.nested(Self::signed)
        } else {
            self.power()
        }
    }

    /// Powers group to the right: `2^3^2` is 2^9.
    fn power(&mut self) -> Result<Number, Error> {
        let base = self.atom()?;
        if self.take('^') { base.power(self.nested(Self::signed)?) } else { Ok(base) }
    }

    fn atom(&mut self) -> Result<Number, Error> {
        match self.peek() {
            Some('(') => {
                self.take('(');
                let value = self.nested(Self::sum)?;
                if self.take(')') { Ok(value) } else { Err(self.unexpected("`)`")) }
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_ascii_alphabetic() => self.name(),
            _ => Err(self.unexpected("a number, a name or `(`")),
        }
    }

    fn name(&mut self) -> Result<Number, Error> {
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        if !self.take('(') {
            return functions::constant(name);
        }
        let mut arguments = Vec::new();
        while !self.take(')') {
            if !arguments.is_empty() && !self.take(',') {
                return Err(self.unexpected("`,` or `)`"));
            }
            arguments.push(self.nested(Self::sum)?);
        }
        functions::call(name, &arguments)
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn number(&mut self) -> Result<Number, Error> {
        let (start, place) = (self.at, self.place());
        let whole = self.word(is_digit);
        let decimals = if self.text[self.at..].starts_with('.') {
            self.at += 1;
            self.word(is_digit)
        } else {
            ""
        };
        let exponent = self.exponent();
        let text = &self.text[start..self.at];
        let fault = || Error::NotANumber { place, text: text.chars().take(40).collect() };
        // `1.2.3`, `12abc` and `1_` are mistakes, not products.
        if self.text[self.at..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_'))
        {
            self.word(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
            let text = self.text[start..self.at].chars().take(40).collect();
            return Err(Error::NotANumber { place, text });
        }
        let digits: String = whole.chars().chain(decimals.chars()).filter(|c| *c != '_').collect();
        if digits.is_empty() {
            return Err(fault());
        }
        let exponent: i32 = exponent.parse().map_err(|_| fault())?;
        if exponent.abs() > MAX_EXPONENT {
            return Err(Error::TooLarge);
        }
        let fraction = i32::try_from(decimals.chars().filter(char::is_ascii_digit).count());
        let shift = exponent - fraction.map_err(|_| fault())?;
        match exact(&digits, shift) {
            Some(ratio) => Ok(Number::Exact(ratio)),
            None => Number::float(format!("{digits}e{shift}").parse().map_err(|_| fault())?),
        }
    }

    /// The exponent of `1e9` as text; `0` if there is none, so that `2e` stays a mistake.
    fn exponent(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let Some(digits) = rest.strip_prefix(['e', 'E']) else { return "0" };
        let sign = usize::from(digits.starts_with(['+', '-']));
        let length =
            digits[sign..].find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len() - sign);
        if length == 0 {
            return "0";
        }
        self.at += 1 + sign + length;
        digits[..sign + length].trim_start_matches('+')
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || c == '_'
}

fn exact(digits: &str, shift: i32) -> Option<Ratio> {
    let scale = 10_i128.checked_pow(shift.unsigned_abs())?;
    let digits: i128 = digits.parse().ok()?;
    if shift < 0 { Ratio::new(digits, scale) } else { Ratio::integer(digits.checked_mul(scale)?) }
}
