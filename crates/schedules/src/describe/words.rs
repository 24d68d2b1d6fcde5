//! Numbers, lists, lengths and moments in words.

use gathering_domain::{Duration, Timestamp};

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// `1st`, `22nd`.
pub(super) fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// Rising values with three and more in a row as a range: `1, 3 through 6 and 9`.
pub(super) fn ranges(values: &[u32], word: impl Fn(u32) -> String) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = values;
    while let Some(first) = rest.first() {
        let row =
            rest.iter().zip(*first..).take_while(|(value, expected)| *value == expected).count();
        if row >= 3 {
            items.push(format!("{} through {}", word(*first), word(rest[row - 1])));
        } else {
            items.extend(rest[..row].iter().map(|value| word(*value)));
        }
        rest = &rest[row..];
    }
    items
}

/// `1 hour 30 minutes`.
pub(super) fn spell(length: Duration) -> String {
    const UNITS: [(&str, u64); 6] = [
        ("day", 86_400_000_000),
        ("hour", 3_600_000_000),
        ("minute", 60_000_000),
        ("second", 1_000_000),
        ("millisecond", 1_000),
        ("microsecond", 1),
    ];
    let mut rest = length.micros();
    let mut parts = Vec::new();
    for (unit, micros) in UNITS {
        let n = rest / micros;
        rest %= micros;
        if n > 0 {
            parts.push(count(n, unit));
        }
    }
    if parts.is_empty() { "no time".to_owned() } else { parts.join(" ") }
}

/// `1 fire`, `2 fires`.
pub(super) fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// `every hour`, `every 2 hours`, `every 1 hour 30 minutes`.
pub(super) fn every(length: Duration) -> String {
    let length = spell(length);
    match length.strip_prefix("1 ") {
        Some(unit) if !unit.contains(' ') => format!("every {unit}"),
        _ => format!("every {length}"),
    }
}

/// `2027-01-31 09:00 UTC`, with seconds and their parts if there are any.
pub(super) fn moment(instant: Timestamp) -> String {
    let Ok(instant) = jiff::Timestamp::from_microsecond(instant.micros()) else {
        return instant.to_rfc3339();
    };
    let text = instant.to_string().replace('T', " ").replace('Z', "");
    format!("{} UTC", text.strip_suffix(":00").unwrap_or(&text))
}

/// The text with a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
