//! Names under which the server answers, and origins of pages that may call it.

use gathering_domain::HostPattern;

use crate::setting::{ListItem, Raw, Setting, unfit};

/// The origin of a page: scheme, host, and port where it is not the usual one, as a browser writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Only what a browser would write: one that never fits is a mistake.
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let usual = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let number = port.parse::<u16>().ok().filter(|port| *port != usual)?;
                (number.to_string() == port).then_some(host)?
            }
            Some(_) | None => authority,
        };
        let pattern = host.parse::<HostPattern>().ok()?;
        (!host.contains('*') && pattern.to_string() == host).then(|| Self(text.to_owned()))
    }
}

impl Setting for Origin {
    const KIND: &'static str = "an origin such as `https://app.example.com`";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(|text| Self::parse(text.trim())).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl ListItem for Origin {
    const LIST_KIND: &'static str = "a list of origins (`https://app.example.com`, \
        `http://localhost:5173`), each as a browser writes it";
}

impl Setting for HostPattern {
    const KIND: &'static str = "a host without a port, such as `gathering.lan` or `*.corp.example`";

    fn read(raw: &Raw) -> Result<Self, String> {
        let host = raw.text().map(str::trim).filter(|text| !text.contains(':'));
        host.and_then(|host| host.parse().ok()).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl ListItem for HostPattern {
    const LIST_KIND: &'static str =
        "a list of hosts without ports (`gathering.lan`, `*.corp.example`)";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_a_browser_does() {
        for text in ["https://app.example.com", "http://localhost:5173", "http://[::1]:8080"] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://app.example.com/",
            "https://app.example.com:443",
            "http://localhost:80",
            "http://localhost:05173",
            "https://App.example.com",
            "https://*.example.com",
            "https://user@app.example.com",
            "file://a",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hosts_are_names_without_ports() {
        let read = |text: &str| Vec::<HostPattern>::read(&Raw::Written(text.to_owned()));
        assert_eq!(
            read("gathering.lan, *.Corp.example").unwrap().show(),
            "gathering.lan,*.corp.example"
        );
        for text in ["gathering.lan:80", "http://gathering.lan", "*", "a b"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
