//! The proxies before the server: their addresses, and where they write who the client is.

use gathering_domain::IpRange;

use crate::setting::{ListItem, Raw, Setting, unfit};

/// Where proxies write who the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    XForwarded,
    /// `Forwarded`.
    Forwarded,
}

impl Setting for ProxyHeader {
    const KIND: &'static str = "`x-forwarded-for` or `forwarded`";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text().map(|text| text.trim().to_ascii_lowercase()).as_deref() {
            Some("x-forwarded-for") => Ok(Self::XForwarded),
            Some("forwarded") => Ok(Self::Forwarded),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::XForwarded => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
        .to_owned()
    }
}

impl Setting for IpRange {
    const KIND: &'static str = "an address such as `192.0.2.7` or a range such as `10.1.0.0/16`";

    fn read(raw: &Raw) -> Result<Self, String> {
        let parsed = raw.text().and_then(|text| text.trim().parse().ok());
        parsed.ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl ListItem for IpRange {
    const LIST_KIND: &'static str =
        "a list of addresses (`192.0.2.7`, `2001:db8::7`) and ranges of them (`10.1.0.0/16`)";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_and_ranges_and_not_names() {
        let list = |text: &str| Vec::<IpRange>::read(&Raw::Written(text.to_owned()));
        let read = list("10.0.0.0/8, ::1").unwrap();
        assert_eq!(read.show(), "10.0.0.0/8,::1");
        for text in ["proxy.test", "10.0.0.0/33", "*"] {
            assert!(list(text).unwrap_err().contains(text));
        }
        for header in ["x-forwarded-for", "forwarded", "Forwarded"] {
            let read = ProxyHeader::read(&Raw::Written(header.to_owned())).unwrap();
            assert_eq!(read.show(), header.to_lowercase());
        }
        assert!(ProxyHeader::read(&Raw::Written("x-real-ip".to_owned())).is_err());
    }
}
