//! Headers of requests, as names and values: `authorization=Bearer x,x-scope=team`.

use secrecy::{ExposeSecret, SecretString};

use super::MASK;
use crate::setting::{Raw, Setting, unfit};

/// The most headers.
const HEADERS_MAX: usize = 16;
/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 4096;

/// A few headers. Their values are secrets.
#[derive(Debug, Clone)]
pub struct HttpHeaders(Vec<(String, SecretString)>);

impl HttpHeaders {
    /// Name and value of each, to be sent.
    pub fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose_secret()))
    }

    fn parse(text: &str) -> Option<Self> {
        // No value holds a line end, so a file of them may have one a line.
        let headers = text.split([',', '\n']).map(str::trim).filter(|header| !header.is_empty());
        let headers: Vec<_> = headers
            .map(|header| {
                let (name, value) = header.split_once('=')?;
                let (name, value) = (name.trim(), value.trim());
                let named = !name.is_empty()
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
                let valued = (1..=VALUE_BYTES_MAX).contains(&value.len())
                    && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
                (named && valued).then(|| (name.to_ascii_lowercase(), value.into()))
            })
            .collect::<Option<_>>()?;
        (1..=HEADERS_MAX).contains(&headers.len()).then_some(Self(headers))
    }
}

impl Setting for HttpHeaders {
    const KIND: &'static str = "headers such as `authorization=Bearer abc,x-scope=team`";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(Self::parse).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        MASK.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_names_and_values_that_stay_hidden() {
        let read = |text: &str| HttpHeaders::read(&Raw::Text(text.to_owned()));
        let headers = read("Authorization=Bearer a=b, x-scope=team").unwrap();
        let shown: Vec<_> = headers.expose().collect();
        assert_eq!(shown, [("authorization", "Bearer a=b"), ("x-scope", "team")]);
        assert!(!format!("{headers:?}{}", headers.show()).contains("Bearer"));
        let many = "a=b,".repeat(HEADERS_MAX + 1);
        for bad in ["", "secret", "a b=secret", "a=", "=secret", "a=sec\nret", &many] {
            assert!(!read(bad).unwrap_err().contains("secret"), "{bad}");
        }
    }
}
