//! `Forwarded` (RFC 7239).

use http::{HeaderMap, header};

use super::{HOPS_MAX, Hop, address, is_https};

/// What the proxies say, the nearest one first. A header that does not hold to its grammar says
/// nothing, whoever broke it.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Hop> {
    let mut hops = Vec::new();
    for line in headers.get_all(header::FORWARDED) {
        let read = line.to_str().ok().and_then(elements);
        match read {
            Some(read) => hops.extend(read),
            // Behind what cannot be read, nobody can be found: only what comes after it counts.
            None => hops = vec![Hop::default()],
        }
    }
    hops.reverse();
    hops.truncate(HOPS_MAX);
    hops
}

/// The elements of one line, in their order.
fn elements(line: &str) -> Option<Vec<Hop>> {
    split(line, ',')?.into_iter().map(element).collect()
}

fn element(text: &str) -> Option<Hop> {
    let mut hop = Hop::default();
    let (mut client, mut scheme) = (false, false);
    for pair in split(text, ';')? {
        let (name, value) = pair.split_once('=')?;
        let value = unquoted(value.trim())?;
        let name = name.trim();
        if name.eq_ignore_ascii_case("for") {
            // Said twice, it is not said.
            if std::mem::replace(&mut client, true) {
                return None;
            }
            hop.address = address(value);
        } else if name.eq_ignore_ascii_case("proto") {
            if std::mem::replace(&mut scheme, true) {
                return None;
            }
            hop.https = is_https(value);
        }
    }
    Some(hop)
}

/// The parts between separators that stand outside quotes; none if a quote does not end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if letter == separator && !quoted => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    (!quoted).then_some(parts)
}

/// A value without its quotes. One with an escape in it names no address and no scheme.
fn unquoted(value: &str) -> Option<&str> {
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').filter(|inner| !inner.contains('"')),
        None => Some(value).filter(|value| !value.contains('"')),
    }
}
