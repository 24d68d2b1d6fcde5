//! A number: a ratio of integers as long as that fits, else a double.

use std::fmt;

use super::Error;

/// Decimals printed of a value that has more.
const DIGITS: usize = 15;
/// The most decimals printed of a value that ends.
const MAX_DECIMALS: u32 = 30;
/// The largest exponent computed exactly.
const MAX_EXACT_EXPONENT: i128 = 256;

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Exact(Ratio),
    Float(f64),
}

/// A ratio in lowest terms. Invariant: `denominator` is above zero, and no member is `i128::MIN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    pub(super) fn new(numerator: i128, denominator: i128) -> Option<Self> {
        let (n, d) = (numerator.checked_abs()?, denominator.checked_abs()?);
        let divisor = gcd(n, d);
        if d == 0 {
            return None;
        }
        let sign = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
        Some(Self { numerator: sign * (n / divisor), denominator: d / divisor })
    }

    pub(super) const fn integer(value: i128) -> Option<Self> {
        if value == i128::MIN { None } else { Some(Self { numerator: value, denominator: 1 }) }
    }

    /// The value, if it is whole.
    pub(super) const fn whole(self) -> Option<i128> {
        if self.denominator == 1 { Some(self.numerator) } else { None }
    }

    fn add(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Self::new(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }

    fn multiply(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator.checked_mul(other.numerator)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    const fn negate(self) -> Self {
        Self { numerator: -self.numerator, denominator: self.denominator }
    }

    fn invert(self) -> Option<Self> {
        Self::new(self.denominator, self.numerator)
    }

    pub(super) fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    fn power(self, exponent: i128) -> Option<Self> {
        if exponent.abs() > MAX_EXACT_EXPONENT {
            return None;
        }
        let base = if exponent < 0 { self.invert()? } else { self };
        let exponent = u32::try_from(exponent.unsigned_abs()).ok()?;
        Self::new(base.numerator.checked_pow(exponent)?, base.denominator.checked_pow(exponent)?)
    }

    /// The exact root, if it is a ratio.
    fn root(self) -> Option<Self> {
        let exact = |value: i128| {
            let root = value.checked_isqrt()?;
            (root * root == value).then_some(root)
        };
        Self::new(exact(self.numerator)?, exact(self.denominator)?)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a double is the fallback for what is not exact"
    )]
    fn float(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// The decimal expansion, if it ends within bounds.
    fn decimal(self) -> Option<String> {
        let (mut decimals, mut scaled) = (0, self);
        let ten = Self { numerator: 10, denominator: 1 };
        while scaled.denominator != 1 {
            if decimals == MAX_DECIMALS {
                return None;
            }
            scaled = scaled.multiply(ten)?;
            decimals += 1;
        }
        let digits = scaled.numerator.unsigned_abs().to_string();
        let sign = if scaled.numerator < 0 { "-" } else { "" };
        if decimals == 0 {
            return Some(format!("{sign}{digits}"));
        }
        let width = decimals as usize + 1;
        let digits = format!("{digits:0>width$}");
        let (whole, rest) = digits.split_at(digits.len() - decimals as usize);
        Some(format!("{sign}{whole}.{rest}"))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

impl Number {
    pub(super) const ZERO: Self = Self::Exact(Ratio { numerator: 0, denominator: 1 });

    /// A double, if it is one: neither infinite nor undefined.
    pub(super) fn float(value: f64) -> Result<Self, Error> {
        if value.is_finite() { Ok(Self::Float(value)) } else { Err(Error::TooLarge) }
    }

    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Exact(ratio) => ratio.float(),
            Self::Float(value) => value,
        }
    }

    pub(super) fn is_zero(self) -> bool {
        match self {
            Self::Exact(ratio) => ratio.numerator == 0,
            Self::Float(value) => value == 0.0,
        }
    }

    pub(super) fn is_negative(self) -> bool {
        match self {
            Self::Exact(ratio) => ratio.numerator < 0,
            Self::Float(value) => value < 0.0,
        }
    }

    /// Computes exactly if both sides are exact and the result fits, else in doubles.
    fn either(
        self,
        other: Self,
        exact: impl FnOnce(Ratio, Ratio) -> Option<Ratio>,
        float: impl FnOnce(f64, f64) -> f64,
    ) -> Result<Self, Error> {
        if let (Self::Exact(left), Self::Exact(right)) = (self, other)
            && let Some(ratio) = exact(left, right)
        {
            return Ok(Self::Exact(ratio));
        }
        Self::float(float(self.to_f64(), other.to_f64()))
    }

    pub(super) fn add(self, other: Self) -> Result<Self, Error> {
        self.either(other, Ratio::add, |a, b| a + b)
    }

    pub(super) fn subtract(self, other: Self) -> Result<Self, Error> {
        self.add(other.negate())
    }

    pub(super) fn multiply(self, other: Self) -> Result<Self, Error> {
        self.either(other, Ratio::multiply, |a, b| a * b)
    }

    pub(super) fn divide(self, other: Self) -> Result<Self, Error> {
        if other.is_zero() {
            return Err(Error::DivisionByZero);
        }
        self.either(other, |a, b| a.multiply(b.invert()?), |a, b| a / b)
    }

    /// The remainder of a floored division: it has the sign of the divisor.
    pub(super) fn modulo(self, other: Self) -> Result<Self, Error> {
        if other.is_zero() {
            return Err(Error::DivisionByZero);
        }
        let exact = |a: Ratio, b: Ratio| {
            let times = Ratio::integer(a.multiply(b.invert()?)?.floor())?;
            a.add(b.multiply(times)?.negate())
        };
        self.either(other, exact, |a, b| a - b * (a / b).floor())
    }

    pub(super) fn power(self, other: Self) -> Result<Self, Error> {
        if self.is_zero() && other.is_negative() {
            return Err(Error::DivisionByZero);
        }
        let value = self.either(other, |a, b| a.power(b.whole()?), f64::powf);
        match value {
            Err(Error::TooLarge) if self.to_f64().powf(other.to_f64()).is_nan() => {
                Err(Error::NotReal("a root of a negative number".to_owned()))
            }
            value => value,
        }
    }

    pub(super) fn root(self) -> Result<Self, Error> {
        if self.is_negative() {
            return Err(Error::NotReal("the square root of a negative number".to_owned()));
        }
        match self {
            Self::Exact(ratio) if let Some(root) = ratio.root() => Ok(Self::Exact(root)),
            value => Self::float(value.to_f64().sqrt()),
        }
    }

    pub(super) fn negate(self) -> Self {
        match self {
            Self::Exact(ratio) => Self::Exact(ratio.negate()),
            Self::Float(value) => Self::Float(-value),
        }
    }

    pub(super) fn floor(self) -> Result<Self, Error> {
        match self {
            Self::Exact(ratio) => {
                Ratio::integer(ratio.floor()).map(Self::Exact).ok_or(Error::TooLarge)
            }
            Self::Float(value) => Self::float(value.floor()),
        }
    }

    /// The value in decimal, and whether that is all of it.
    pub(super) fn decimal(self) -> (String, bool) {
        match self {
            Self::Exact(ratio) => match ratio.decimal() {
                Some(text) => (text, true),
                None => (shorten(ratio.float()), false),
            },
            Self::Float(value) => (shorten(value), false),
        }
    }
}

/// Prints a double with the digits that can be trusted.
fn shorten(value: f64) -> String {
    let rounded: f64 = format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value);
    if rounded != 0.0 && !(1e-6..1e21).contains(&rounded.abs()) {
        return format!("{rounded:e}");
    }
    rounded.to_string()
}
