//! Turns what a validator found into faults: each at its place, with a stable code, told shortly.

use gathering_domain::{Fault, Pointer};
use jsonschema::{ValidationError, error::ValidationErrorKind};

/// The longest message of one fault, in characters.
pub(super) const MAX_MESSAGE_CHARS: usize = 400;
/// How deep alternatives are followed to the one that was meant.
const MAX_ALTERNATIVES: usize = 8;

/// The faults of one error: one for each key that is missing or unknown, and of alternatives those
/// of the one that was meant.
pub(super) fn of(error: &ValidationError<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    collect(error, 0, &mut faults);
    faults
}

fn collect(error: &ValidationError<'_>, level: usize, faults: &mut Vec<Fault>) {
    let pointer = Pointer::from_text(error.instance_path().to_string());
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            faults.extend(unexpected.iter().map(|key| {
                Fault::new(pointer.child(shorten(key)), "unknown_key", "this key is not known here")
            }));
        }
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            faults.push(Fault::new(pointer.child(shorten(key)), "missing", "this key is required"));
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
            if level < MAX_ALTERNATIVES
                && let Some(meant) = meant(context, error) =>
        {
            for error in meant {
                collect(error, level + 1, faults);
            }
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
            if let Some(values) = values(context, error) =>
        {
            let message = shorten(&format!("the value is not one of {}", values.join(", ")));
            faults.push(Fault::new(pointer, "unknown_value", message));
        }
        kind => {
            // Masked: the message must not repeat a value that may be large or secret.
            let message = shorten(&error.masked_with("the value").to_string());
            faults.push(Fault::new(pointer, code(kind), message));
        }
    }
}

/// The only alternative that a value of this type can have been meant for.
fn meant<'a>(
    alternatives: &'a [Vec<ValidationError<'static>>],
    whole: &ValidationError<'_>,
) -> Option<&'a [ValidationError<'static>]> {
    let is_of_another_type = |errors: &[ValidationError<'_>]| {
        errors.iter().any(|error| {
            error.instance_path() == whole.instance_path()
                && matches!(
                    error.kind(),
                    ValidationErrorKind::Type { .. }
                        | ValidationErrorKind::Constant { .. }
                        | ValidationErrorKind::Enum { .. }
                )
        })
    };
    let mut fitting = alternatives.iter().filter(|errors| !is_of_another_type(errors));
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only.as_slice())
}

/// The values to choose from, where every alternative is one.
fn values(
    alternatives: &[Vec<ValidationError<'static>>],
    whole: &ValidationError<'_>,
) -> Option<Vec<String>> {
    let value = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().find_map(|error| match error.kind() {
            ValidationErrorKind::Constant { expected_value }
                if error.instance_path() == whole.instance_path() =>
            {
                Some(expected_value.to_string())
            }
            _ => None,
        })
    };
    alternatives.iter().map(value).collect()
}

/// A stable code: words of our own for the commonest, else the keyword in `snake_case`.
fn code(kind: &ValidationErrorKind) -> &str {
    match kind {
        ValidationErrorKind::Type { .. } => "wrong_type",
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => "unknown_value",
        ValidationErrorKind::AnyOf { .. }
        | ValidationErrorKind::OneOfNotValid { .. }
        | ValidationErrorKind::OneOfMultipleValid { .. } => "no_alternative_fits",
        ValidationErrorKind::MaxLength { .. } => "max_length",
        ValidationErrorKind::MinLength { .. } => "min_length",
        ValidationErrorKind::MaxItems { .. } => "max_items",
        ValidationErrorKind::MinItems { .. } => "min_items",
        ValidationErrorKind::MaxProperties { .. } => "max_properties",
        ValidationErrorKind::MinProperties { .. } => "min_properties",
        ValidationErrorKind::Maximum { .. } | ValidationErrorKind::ExclusiveMaximum { .. } => {
            "maximum"
        }
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::ExclusiveMinimum { .. } => {
            "minimum"
        }
        ValidationErrorKind::MultipleOf { .. } => "multiple_of",
        ValidationErrorKind::UniqueItems => "unique_items",
        ValidationErrorKind::Pattern { .. } => "pattern",
        ValidationErrorKind::Format { .. } => "format",
        _ => "schema",
    }
}

pub(super) fn shorten(text: &str) -> String {
    if text.chars().count() <= MAX_MESSAGE_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_MESSAGE_CHARS).chain("…".chars()).collect()
}
