//! The address under which others reach the server: scheme, host, port, path.

use crate::setting::{Raw, Setting, unfit};

/// An `http` or `https` address without query or fragment, and without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The longest address accepted, in bytes.
const BYTES_MAX: usize = 2048;

impl PublicUrl {
    /// The address as text; a path can be appended as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host that it names, without its port.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            Some(_) | None => authority,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/');
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let authority = rest.split('/').next()?;
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => port.parse::<u16>().ok().map(|_| host)?,
            Some(_) | None => authority,
        };
        let graphic = text.chars().all(|letter| letter.is_ascii_graphic());
        let plain = !text.contains(['?', '#', '@', '\\', '"', '<', '>']);
        (text.len() <= BYTES_MAX && !host.is_empty() && graphic && plain)
            .then(|| Self(text.to_owned()))
    }
}

impl Setting for PublicUrl {
    const KIND: &'static str = "an address such as `https://gathering.example.com`";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(Self::parse).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_scheme_and_host_and_no_query() {
        for (text, kept, host) in [
            ("https://g.example/", "https://g.example", "g.example"),
            ("http://g.example:8080/team/", "http://g.example:8080/team", "g.example"),
            ("http://[::1]:7400", "http://[::1]:7400", "[::1]"),
            ("http://[::1]", "http://[::1]", "[::1]"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.host()), (kept, host));
        }
        for text in [
            "",
            "g.example",
            "ftp://g",
            "https://",
            "https:///a",
            "https://g:port",
            "https://g?a",
            "https://u@g",
            "https://g/#a",
            "https://g example",
            "https://:80",
        ] {
            assert!(PublicUrl::parse(text).is_none(), "{text}");
        }
    }
}
