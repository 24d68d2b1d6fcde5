//! The one expression and template language: parsed, strict, bounded.
//!
//! Conditions, mappings and texts of a pipeline are minijinja: `nodes.sort.output | length > 0` as an
//! expression, `Sort this: {{ item.text }}` as a template. Everything is parsed when a definition is
//! saved, and names are checked then; evaluation is strict about what is undefined and bounded in
//! steps, work and output size. Nothing here reads a file, a clock or a network.
//!
//! ```
//! use gathering_expressions::{Scope, Template};
//! use serde_json::json;
//!
//! let scope = Scope::new(&json!({ "tickets": [1, 2] }));
//! let template = Template::parse("{{ input.tickets }}")?;
//! assert_eq!(template.render(&scope)?, json!([1, 2]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bounds;
mod error;
mod scope;

mod expression;
mod template;
mod value_template;

mod check;
mod guard;
mod json;
mod language;
mod scan;

pub use bounds::*;
pub use check::References;
pub use error::{EvaluateError, EvaluateErrorKind, ParseError};
pub use expression::Expression;
pub use language::{FILTER_NAMES, TEST_NAMES};
pub use scope::{Names, ROOT_NAMES, Scope};
pub use template::Template;
pub use value_template::{ValueError, ValueTemplate};
