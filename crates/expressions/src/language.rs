//! The engine as we use it: strict, without loader, its filters held to the bounds.

use std::{
    borrow::Cow,
    cmp::Ordering,
    sync::{Arc, LazyLock},
};

use minijinja::{
    Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters, tests,
    value::{Kwargs, Rest, ValueKind, ValueOrKwargs},
};

use crate::{
    bounds::{FUEL, MAX_OUTPUT_BYTES, MAX_WORK},
    error::Limit,
    guard::SEEN,
    json::{seen, to_json, weigh},
};

/// The filters of the language.
pub const FILTER_NAMES: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "escape",
    "e",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "zip",
];

/// The tests of the language: what may follow `is`.
pub const TEST_NAMES: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// Widest number in a format text and widest indent: each is padding that costs no source.
const MAX_PADDING: usize = 999;

/// Longest text that `format` takes as its pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 256;

/// Largest arguments of `format`, in bytes.
const MAX_FORMAT_ARGUMENT_BYTES: usize = 4 * 1024;

/// The environment that every expression shares.
pub(crate) static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_debug(true);
    env.set_auto_reload(false);
    // What is no text is written as JSON: that is what models and HTTP services read.
    env.set_formatter(|out, _state, value| out.write_str(&to_text(value)?).map_err(Error::from));
    for global in ["debug", "dict", "namespace"] {
        env.remove_global(global);
    }
    for filter in ["safe", "slice", "pprint"] {
        env.remove_filter(filter);
    }
    for test in ["safe", "escaped", "filter", "test"] {
        env.remove_test(test);
    }
    bind_filters(&mut env);
    bind_comparisons(&mut env);
    bind_readers(&mut env);
    env
}

/// Comparisons that fail on values of different kinds, as filters and as tests.
fn bind_comparisons(env: &mut Environment<'static>) {
    macro_rules! bind {
        ($($filter:literal, $($test:literal),+ => $holds:path;)+) => {$(
            env.add_filter($filter, |state: &mut State<'_, '_>, left: Value, right: Value| {
                spend(state, seen(&left)?.saturating_add(seen(&right)?))?;
                compare(&left, &right).map(|order| order.is_some_and($holds))
            });
            $(env.add_test($test, |state: &mut State<'_, '_>, left: Value, right: Value| {
                spend(state, seen(&left)?.saturating_add(seen(&right)?))?;
                compare(&left, &right).map(|order| order.is_some_and($holds))
            });)+
        )+};
    }
    bind! {
        "_less", "lt", "lessthan", "<" => Ordering::is_lt;
        "_more", "gt", "greaterthan", ">" => Ordering::is_gt;
        "_at_most", "le", "<=" => Ordering::is_le;
        "_at_least", "ge", ">=" => Ordering::is_ge;
    }
}

fn compare(left: &Value, right: &Value) -> Result<Option<Ordering>, Error> {
    let comparable = matches!(left.kind(), ValueKind::Number | ValueKind::String | ValueKind::Seq);
    if left.is_undefined() || right.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    if !comparable || left.kind() != right.kind() {
        let message = format!("a {} cannot be compared with a {}", left.kind(), right.kind());
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(left.partial_cmp(right))
}

/// Tests that read their operands whole, and the filter that stands for the operators that do.
fn bind_readers(env: &mut Environment<'static>) {
    let readers = [
        ("eq", Value::from_function(tests::is_eq)),
        ("equalto", Value::from_function(tests::is_eq)),
        ("==", Value::from_function(tests::is_eq)),
        ("ne", Value::from_function(tests::is_ne)),
        ("!=", Value::from_function(tests::is_ne)),
        ("sameas", Value::from_function(tests::is_sameas)),
        ("in", Value::from_function(tests::is_in)),
        ("startingwith", Value::from_function(tests::is_startingwith)),
        ("endingwith", Value::from_function(tests::is_endingwith)),
        ("lower", Value::from_function(tests::is_lower)),
        ("upper", Value::from_function(tests::is_upper)),
    ];
    for (name, test) in readers {
        env.add_test(name, move |state: &mut State<'_, '_>, args: Rest<Value>| {
            for argument in args.iter() {
                spend(state, seen(argument)?)?;
            }
            test.call(state, &args)
        });
    }
    env.add_filter(SEEN, |state: &mut State<'_, '_>, value: Value| {
        spend(state, seen(&value)?)?;
        Ok::<_, Error>(value)
    });
}

fn bind_filters(env: &mut Environment<'static>) {
    macro_rules! bind {
        ($($check:ident: $($name:literal = $filter:path),+;)+) => {
            $($(bind(env, $name, Value::from_function($filter), $check);)+)+
        };
    }
    bind! {
        shallow:
            "abs" = filters::abs, "attr" = filters::attr, "bool" = filters::bool,
            "capitalize" = filters::capitalize, "chain" = filters::chain,
            "count" = filters::length, "d" = filters::default, "default" = filters::default,
            "dictsort" = filters::dictsort, "first" = filters::first, "float" = filters::float,
            "int" = filters::int, "items" = filters::items, "last" = filters::last,
            "length" = filters::length, "lines" = filters::lines, "list" = filters::list,
            "lower" = filters::lower, "map" = filters::map, "reject" = filters::reject,
            "rejectattr" = filters::rejectattr, "reverse" = filters::reverse,
            "round" = filters::round, "select" = filters::select,
            "selectattr" = filters::selectattr, "split" = filters::split, "sum" = filters::sum,
            "title" = filters::title, "trim" = filters::trim, "upper" = filters::upper,
            "urlencode" = url_encode, "zip" = filters::zip;
        deep:
            "escape" = filters::escape, "e" = filters::escape, "groupby" = filters::groupby,
            "max" = filters::max, "min" = filters::min, "sort" = filters::sort,
            "string" = string, "tojson" = to_json_text, "unique" = filters::unique;
        batch: "batch" = filters::batch;
        format: "format" = filters::format;
        indent: "indent" = filters::indent;
        join: "join" = filters::join;
        replace: "replace" = filters::replace;
    }
}

/// What a filter's arguments cost before it runs.
type Check = fn(&[Value]) -> Result<usize, Error>;

/// Binds `filter` under `name`, so that each use is counted before it runs and its result after.
fn bind(env: &mut Environment<'static>, name: &'static str, filter: Value, check: Check) {
    let filter = Arc::new(filter);
    env.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        spend(state, check(&args)?)?;
        let result = filter.call(state, &args)?;
        let size = size(&result);
        if size > MAX_OUTPUT_BYTES {
            return Err(Limit::Size.error());
        }
        spend(state, size)?;
        Ok(result)
    });
}

/// What the filters of one evaluation have cost.
struct Work(u64);

fn spend(state: &mut State<'_, '_>, amount: usize) -> Result<(), Error> {
    let work = state.get_or_insert_extension(Work(0));
    work.0 = work.0.saturating_add(amount as u64).saturating_add(1);
    if work.0 > MAX_WORK { Err(Limit::Work.error()) } else { Ok(()) }
}

/// Bytes of a text, elements of a list or object.
fn size(value: &Value) -> usize {
    value.as_str().map_or_else(|| value.len().unwrap_or(0), str::len)
}

#[expect(clippy::unnecessary_wraps, reason = "has the shape of the checks beside it")]
fn shallow(args: &[Value]) -> Result<usize, Error> {
    Ok(args.iter().map(size).sum())
}

fn deep(args: &[Value]) -> Result<usize, Error> {
    let indent = args.iter().skip(1).filter_map(padding).max().unwrap_or(0);
    if indent > 8 {
        return Err(Error::new(ErrorKind::InvalidOperation, "an indent has at most 8 spaces"));
    }
    args.first().map_or(Ok(0), weigh)
}

fn batch(args: &[Value]) -> Result<usize, Error> {
    if args.len() > 2 {
        return Err(Error::new(ErrorKind::InvalidOperation, "batch takes a size only"));
    }
    shallow(args)
}

fn format(args: &[Value]) -> Result<usize, Error> {
    let pattern = args.first().and_then(Value::as_str).unwrap_or_default();
    let widest = pattern
        .split(|c: char| !c.is_ascii_digit())
        .map(|digits| digits.trim_start_matches('0').len())
        .max()
        .unwrap_or(0);
    let arguments = args[1.min(args.len())..].iter().map(weigh).sum::<Result<usize, _>>()?;
    if pattern.len() > MAX_PATTERN_BYTES
        || widest > MAX_PADDING.to_string().len()
        || pattern.contains('*')
        || arguments > MAX_FORMAT_ARGUMENT_BYTES
    {
        return Err(Limit::Size.error());
    }
    Ok(pattern.len() * (MAX_PADDING + arguments) / 2)
}

fn indent(args: &[Value]) -> Result<usize, Error> {
    let text = args.first().and_then(Value::as_str).unwrap_or_default();
    let width = args.iter().skip(1).filter_map(padding).max().unwrap_or(4);
    let lines = text.matches('\n').count() + 1;
    bounded(text.len().saturating_add(lines.saturating_mul(width)))
}

/// The number of spaces that an argument asks for, whether by place or by name.
fn padding(argument: &Value) -> Option<usize> {
    if argument.is_kwargs() {
        let named = |name: &str| argument.get_attr(name).ok().and_then(|value| value.as_usize());
        return named("width").max(named("indent"));
    }
    argument.as_usize()
}

fn join(args: &[Value]) -> Result<usize, Error> {
    let Some(list) = args.first() else { return Ok(0) };
    let mut joiner = 0;
    for argument in &args[1..] {
        let named = argument.get_attr("d").ok().filter(|_| argument.is_kwargs());
        joiner = joiner.max(weigh(&named.unwrap_or_else(|| argument.clone()))?);
    }
    let pieces = match list.as_str() {
        Some(text) => text.len(),
        None => list.try_iter().map_or(0, Iterator::count),
    };
    bounded(weigh(list)?.saturating_add(pieces.saturating_mul(joiner)))
}

fn replace(args: &[Value]) -> Result<usize, Error> {
    let text = |at: usize| args.get(at).and_then(Value::as_str).unwrap_or_default();
    let found = text(0).matches(text(1)).count();
    bounded(text(0).len().saturating_add(found.saturating_mul(text(2).len())))
}

fn bounded(bytes: usize) -> Result<usize, Error> {
    if bytes > MAX_OUTPUT_BYTES { Err(Limit::Size.error()) } else { Ok(bytes) }
}

/// The value as a text: a text as it is, everything else as JSON.
fn to_text(value: &Value) -> Result<Cow<'_, str>, Error> {
    match value.as_str() {
        Some(text) => Ok(text.into()),
        None => Ok(to_json(value)?.to_string().into()),
    }
}

fn string(value: &Value) -> Result<String, Error> {
    to_text(value).map(Cow::into_owned)
}

/// The value as JSON text: without the engine's escapes for HTML, which are noise in a prompt.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over by value")]
fn to_json_text(value: &Value, indent: Option<Value>, named: Kwargs) -> Result<String, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => named.get::<Option<Value>>("indent")?,
    };
    named.assert_all_used()?;
    let json = to_json(value)?;
    let text = match indent {
        Some(indent) if indent.is_true() => serde_json::to_string_pretty(&json),
        _ => serde_json::to_string(&json),
    };
    text.map_err(|error| {
        Error::new(ErrorKind::InvalidOperation, "could not write JSON").with_source(error)
    })
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn url_encode(value: &Value) -> Result<String, Error> {
    use std::fmt::Write as _;
    let text = to_text(value)?;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").map_err(Error::from)?;
        }
    }
    Ok(encoded)
}
