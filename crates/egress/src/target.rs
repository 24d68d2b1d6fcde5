//! From URL text to a target that may be asked: strict about notation, free of secrets when shown.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use reqwest::Url;

use crate::error::EgressErrorKind;

/// The longest URL, in bytes.
const URL_LIMIT: usize = 8_192;

/// A URL that passed the checks of notation, which need neither rules nor network. Its `Display` leaves
/// out the query, which may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    /// Lower case; an address without brackets.
    host: String,
    port: u16,
}

impl Target {
    /// Reads what a person, a definition or a model wrote.
    pub fn parse(text: &str) -> Result<Self, EgressErrorKind> {
        let refuse = |reason: &'static str| Err(EgressErrorKind::InvalidUrl { reason });
        if text.len() > URL_LIMIT {
            return refuse("it is longer than 8,192 bytes");
        }
        // URL parsers disagree about these, and drop or turn some of them silently.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return refuse("it holds white space, control characters or a backslash");
        }
        let Ok(url) = Url::parse(text) else {
            return refuse("it is not an absolute URL");
        };
        if text.split_once("://").is_none() {
            return refuse("it has no `//` after the scheme");
        }
        Self::check(url, Some(written_authority(text)))
    }

    /// Follows a redirect's `Location` from here.
    pub fn join(&self, location: &str) -> Result<Self, EgressErrorKind> {
        let refuse = |reason: &'static str| Err(EgressErrorKind::InvalidUrl { reason });
        if location.len() > URL_LIMIT {
            return refuse("it is longer than 8,192 bytes");
        }
        if location.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return refuse("it holds white space, control characters or a backslash");
        }
        let Ok(url) = self.url.join(location) else {
            return refuse("it is neither a URL nor a reference");
        };
        let scheme =
            location.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
        let absolute = scheme.filter(|(scheme, _)| matches!(scheme.as_str(), "http" | "https"));
        // Parsers disagree about where `http:/x` and `http:x` lead.
        if absolute.as_ref().is_some_and(|(_, rest)| !rest.starts_with("//")) {
            return refuse("it has no `//` after the scheme");
        }
        let names_host = absolute.is_some() || location.starts_with("//");
        Self::check(url, names_host.then(|| written_authority(location)))
    }

    fn check(mut url: Url, written: Option<&str>) -> Result<Self, EgressErrorKind> {
        let refuse = |reason: &'static str| Err(EgressErrorKind::InvalidUrl { reason });
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("its scheme is neither `http` nor `https`");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it holds a user name or a password");
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return refuse("it has no host");
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if port == 0 {
            return refuse("its port is 0");
        }
        if host.is_empty() || host == "." || host.contains("..") {
            return refuse("its host has an empty label");
        }
        if let Some(written) = written {
            check_written(written, &host)
                .map_err(|reason| EgressErrorKind::InvalidUrl { reason })?;
        }
        if !is_name(&host) && host.parse::<Ipv6Addr>().is_err() {
            return refuse("its host holds characters that no name has");
        }
        url.set_fragment(None);
        Ok(Self { url, host, port })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The host in lower case; an address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, also where the URL leaves it to the scheme.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host, if it is an address and needs no resolving.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.url.scheme() == other.url.scheme()
            && self.host == other.host
            && self.port == other.port
    }
}

/// The authority as it was written: after `//`, before path, query or fragment.
fn written_authority(text: &str) -> &str {
    let rest = text.split_once("//").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Refuses an authority that says something else than the host that was read from it: parsers turn
/// such disguises into plain names and addresses silently.
fn check_written(authority: &str, host: &str) -> Result<(), &'static str> {
    // An empty user name leaves no trace in what was read.
    if authority.contains('@') {
        return Err("it holds a user name or a password");
    }
    if authority.contains('%') {
        return Err("its host is percent-encoded");
    }
    let written = match authority.rfind(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    };
    let written = written.trim_start_matches('[').trim_end_matches(']');
    // Addresses are written one way: `2130706433`, `0x7f.1`, `017700000001` and digits of other scripts
    // are a disguise.
    match host.parse::<IpAddr>() {
        Ok(address) if address.is_ipv4() && written != host => {
            return Err("its address is written in an unusual notation");
        }
        Ok(address) if address.is_ipv6() && written.parse() != Ok(address) => {
            return Err("its address is written in an unusual notation");
        }
        Ok(_) => return Ok(()),
        Err(_) => {}
    }
    // A name in other letters has its place (`xn--`); one in wide or circled letters, or with dots of
    // other scripts, is a plain name in disguise.
    let (mut labels, mut read) = (written.split('.'), host.split('.'));
    loop {
        match (labels.next(), read.next()) {
            (None, None) => return Ok(()),
            (Some(label), Some(read)) if label.eq_ignore_ascii_case(read) => {}
            (Some(label), Some(read)) if !label.is_ascii() && read.starts_with("xn--") => {}
            _ => return Err("its host is written in an unusual notation"),
        }
    }
}

/// Whether the host is made of what names and IPv4 addresses are made of.
fn is_name(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brackets = self.host.contains(':');
        let (open, close) = if brackets { ("[", "]") } else { ("", "") };
        write!(f, "{}://{open}{}{close}", self.url.scheme(), self.host)?;
        if let Some(port) = self.url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.url.path())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_urls_are_read_and_shown_without_their_query() {
        for (text, host, port, shown) in [
            ("https://Example.com/a?key=1#f", "example.com", 443, "https://example.com/a"),
            ("http://example.com:8080", "example.com", 8080, "http://example.com:8080/"),
            ("https://8.8.8.8/x", "8.8.8.8", 443, "https://8.8.8.8/x"),
            ("http://[2606:4700::1111]:81/", "2606:4700::1111", 81, "http://[2606:4700::1111]:81/"),
            ("http://[2606:4700:0:0::1111]/", "2606:4700::1111", 80, "http://[2606:4700::1111]/"),
            (
                "https://bücher.example/",
                "xn--bcher-kva.example",
                443,
                "https://xn--bcher-kva.example/",
            ),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.host(), target.port()), (host, port), "{text}");
            assert_eq!(target.to_string(), shown);
        }
    }

    #[test]
    fn a_host_is_written_as_it_is_read() {
        for text in [
            "http://@example.com/",
            "http://:@example.com/",
            "http://ｅxample.com/",
            "http://ex\u{ad}ample.com/",
            "http://bücher。example/",
            "http://bücher.ｅxample/",
            "http://*.example.com/",
            "http://exa+mple.com/",
        ] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
        for text in
            ["http://a_b.example./", "http://XN--bcher-kva.example/", "http://Bücher.example/"]
        {
            assert!(Target::parse(text).is_ok(), "{text}");
        }
        let named = Target::parse("https://example.com/@user?to=a@b#@c").unwrap();
        assert_eq!(named.host(), "example.com");
    }

    #[test]
    fn redirects_are_held_to_the_same_notation() {
        let from = Target::parse("https://example.com/a/b?x=1").unwrap();
        for (location, shown) in [
            ("c", "https://example.com/a/c"),
            ("/c?d#e", "https://example.com/c"),
            ("//other.example/c", "https://other.example/c"),
            ("http://other.example:81/", "http://other.example:81/"),
            ("/c?next=http://third.example/@x", "https://example.com/c"),
            ("?next=//third.example", "https://example.com/a/b"),
        ] {
            assert_eq!(from.join(location).unwrap().to_string(), shown, "{location}");
        }
        for location in [
            "//2130706433/",
            "http://0x7f.1/",
            "file:///etc/passwd",
            "//u:p@example.com/",
            "\\\\x\\y",
            "http:/other.example/",
            "HTTPS:other.example",
            "///other.example/",
        ] {
            assert!(from.join(location).is_err(), "{location}");
        }
    }
}
