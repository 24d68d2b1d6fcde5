//! `calculate`: arithmetic, exact where it can be.

mod number;

mod functions;
mod parse;

use gathering_domain::{Duration, EffectKind, Failure};
use gathering_tools::{ToolContext, ToolKind, ToolSpec, TypedTool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use number::Number;

/// The longest expression, in bytes.
const MAX_EXPRESSION_BYTES: usize = 4_000;

/// Does arithmetic.
#[derive(Debug, Default)]
pub struct Calculate;

/// What to compute.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// For instance `(19.99 * 3 + 4) * 1.19`. Operators: + - * / % ^ and parentheses. Functions:
    /// abs, sqrt, exp, ln, log10, log2, sin, cos, tan, floor, ceil, round(x, digits), min, max,
    /// sum, avg. Constants: pi, e. Angles are in radians.
    #[schemars(length(min = 1, max = 4000))]
    expression: String,
}

/// The result.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Output {
    /// The value in decimal.
    result: String,
    /// Whether `result` is the exact value and not a rounded one.
    exact: bool,
    /// The exact value, where it is a fraction that decimals cannot show.
    #[serde(skip_serializing_if = "Option::is_none")]
    fraction: Option<String>,
}

/// An expression that has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Error {
    #[error("an expression has 1 to {MAX_EXPRESSION_BYTES} bytes")]
    Length,
    #[error("an expression is nested at most {0} levels deep")]
    TooDeep(usize),
    #[error("{found} at character {place}, where {wanted} was expected")]
    Unexpected { place: usize, found: String, wanted: &'static str },
    #[error("`{text}` at character {place} is not a number")]
    NotANumber { place: usize, text: String },
    #[error("there is no function or constant `{0}`")]
    UnknownName(String),
    #[error("`{name}` takes {wanted}, not {got}")]
    Arguments { name: &'static str, wanted: &'static str, got: usize },
    #[error("division by zero")]
    DivisionByZero,
    #[error("{0} has no real value")]
    NotReal(String),
    #[error("the result is too large")]
    TooLarge,
}

impl TypedTool for Calculate {
    type Input = Input;
    type Output = Output;

    fn spec(&self) -> ToolSpec {
        let kind = ToolKind::Effect { kind: EffectKind::Pure };
        let purpose = "Compute an arithmetic expression exactly.";
        ToolSpec::of::<Input, Output>("calculate", purpose, kind)
            .limits(Duration::from_secs(5), 4 * 1024)
    }

    async fn run(&self, _: &ToolContext, input: Input) -> Result<Output, Failure> {
        evaluate(&input.expression).map_err(|fault| {
            Failure::fatal(
                "invalid_arguments",
                format!("could not compute the expression: {fault}"),
            )
        })
    }
}

fn evaluate(expression: &str) -> Result<Output, Error> {
    if expression.is_empty() || expression.len() > MAX_EXPRESSION_BYTES {
        return Err(Error::Length);
    }
    let value = parse::evaluate(expression)?;
    let (result, exact) = value.decimal();
    let fraction = match value {
        Number::Exact(ratio) if !exact => Some(ratio.to_string()),
        Number::Exact(_) | Number::Float(_) => None,
    };
    Ok(Output { result, exact, fraction })
}

#[cfg(test)]
mod tests;
