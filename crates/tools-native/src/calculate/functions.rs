//! The functions and constants that an expression may use.

use super::{Error, Number, number::Ratio};

/// The most digits that `round` takes.
const MAX_ROUND_DIGITS: i128 = 30;

pub(super) fn constant(name: &str) -> Result<Number, Error> {
    match name {
        "pi" => Number::float(std::f64::consts::PI),
        "e" => Number::float(std::f64::consts::E),
        name => Err(Error::UnknownName(name.chars().take(32).collect())),
    }
}

pub(super) fn call(name: &str, arguments: &[Number]) -> Result<Number, Error> {
    match name {
        "abs" => one("abs", arguments, |x| Ok(if x.is_negative() { x.negate() } else { x })),
        "sqrt" => one("sqrt", arguments, Number::root),
        "exp" => one("exp", arguments, |x| Number::float(x.to_f64().exp())),
        "ln" => one("ln", arguments, |x| logarithm(x, f64::ln)),
        "log10" => one("log10", arguments, |x| logarithm(x, f64::log10)),
        "log2" => one("log2", arguments, |x| logarithm(x, f64::log2)),
        "sin" => one("sin", arguments, |x| Number::float(x.to_f64().sin())),
        "cos" => one("cos", arguments, |x| Number::float(x.to_f64().cos())),
        "tan" => one("tan", arguments, |x| Number::float(x.to_f64().tan())),
        "floor" => one("floor", arguments, Number::floor),
        "ceil" => one("ceil", arguments, |x| Ok(x.negate().floor()?.negate())),
        "round" => round(arguments),
        "min" => extreme("min", arguments, Number::subtract),
        "max" => extreme("max", arguments, |x, best| best.subtract(x)),
        "sum" => sum(arguments),
        "avg" => {
            some("avg", arguments)?;
            sum(arguments)?.divide(count(arguments))
        }
        name => Err(Error::UnknownName(name.chars().take(32).collect())),
    }
}

fn one(
    name: &'static str,
    arguments: &[Number],
    apply: impl FnOnce(Number) -> Result<Number, Error>,
) -> Result<Number, Error> {
    match arguments {
        [x] => apply(*x),
        more => Err(Error::Arguments { name, wanted: "one argument", got: more.len() }),
    }
}

fn some(name: &'static str, arguments: &[Number]) -> Result<Number, Error> {
    let got = arguments.len();
    arguments.first().copied().ok_or(Error::Arguments {
        name,
        wanted: "at least one argument",
        got,
    })
}

fn logarithm(x: Number, of: impl FnOnce(f64) -> f64) -> Result<Number, Error> {
    if x.is_zero() || x.is_negative() {
        return Err(Error::NotReal("the logarithm of a number that is not above zero".to_owned()));
    }
    Number::float(of(x.to_f64()))
}

/// Rounds to a number of digits after the point, halves away from zero.
fn round(arguments: &[Number]) -> Result<Number, Error> {
    let (x, digits) = match arguments {
        [x] => (*x, 0),
        [x, Number::Exact(digits)] if let Some(digits) = whole_digits(*digits) => (*x, digits),
        more => {
            let wanted = "a number and 0 to 30 digits";
            return Err(Error::Arguments { name: "round", wanted, got: more.len() });
        }
    };
    let exact = |value| Ratio::integer(value).map(Number::Exact).ok_or(Error::TooLarge);
    let scale = exact(10)?.power(exact(digits)?)?;
    let half = exact(1)?.divide(exact(2)?)?;
    let magnitude = if x.is_negative() { x.negate() } else { x };
    let rounded = magnitude.multiply(scale)?.add(half)?.floor()?.divide(scale)?;
    Ok(if x.is_negative() { rounded.negate() } else { rounded })
}

fn whole_digits(digits: Ratio) -> Option<i128> {
    digits.whole().filter(|digits| (0..=MAX_ROUND_DIGITS).contains(digits))
}

/// The argument of which `behind`, taken against any other, is never below zero.
fn extreme(
    name: &'static str,
    arguments: &[Number],
    behind: impl Fn(Number, Number) -> Result<Number, Error>,
) -> Result<Number, Error> {
    let mut best = some(name, arguments)?;
    for x in arguments {
        if behind(*x, best)?.is_negative() {
            best = *x;
        }
    }
    Ok(best)
}

fn sum(arguments: &[Number]) -> Result<Number, Error> {
    arguments.iter().try_fold(Number::ZERO, |total, x| total.add(*x))
}

fn count(arguments: &[Number]) -> Number {
    let count = i128::try_from(arguments.len()).ok().and_then(Ratio::integer);
    count.map_or(Number::ZERO, Number::Exact)
}
