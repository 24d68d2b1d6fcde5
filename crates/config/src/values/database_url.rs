//! The address of a PostgreSQL database, which may hold a password.

use secrecy::{ExposeSecret, SecretString};

use super::MASK;
use crate::setting::{Raw, Setting, unfit};

/// The address of a PostgreSQL database. It prints without its password.
#[derive(Debug, Clone)]
pub struct DatabaseUrl(SecretString);

impl DatabaseUrl {
    /// The whole address, password and all, for the driver alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn acceptable(text: &str) -> bool {
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        rest.is_some_and(|rest| !rest.is_empty())
            && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
    }
}

impl Setting for DatabaseUrl {
    const KIND: &'static str = "an address such as `postgres://user@host/database`";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text().map(str::trim) {
            Some(text) if Self::acceptable(text) => Ok(Self(text.into())),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    /// A password can stand before the host or among the parameters: only what is surely neither
    /// is shown.
    fn show(&self) -> String {
        let text = self.expose();
        let (scheme, rest) = text.split_once("://").unwrap_or(("postgres", ""));
        let (rest, parameters) =
            rest.split_once('?').map_or((rest, None), |(rest, after)| (rest, Some(after)));
        let (user, place) = rest.rsplit_once('@').map_or(("", rest), |(user, place)| (user, place));
        let user = match user.split_once(':') {
            Some((name, _)) => format!("{name}:{MASK}@"),
            None if user.is_empty() => String::new(),
            None => format!("{user}@"),
        };
        let parameters = if parameters.is_some() { format!("?{MASK}") } else { String::new() };
        format!("{scheme}://{user}{place}{parameters}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_address_has_no_password() {
        for (text, shown) in [
            ("postgres://ann:s3cret@db:5432/g", "postgres://ann:********@db:5432/g"),
            ("postgres://ann:s3cr@et@db/g", "postgres://ann:********@db/g"),
            ("postgresql://db/g?password=s3cret", "postgresql://db/g?********"),
            ("postgres://ann@db/g", "postgres://ann@db/g"),
            ("postgres://db", "postgres://db"),
        ] {
            let url = DatabaseUrl::read(&Raw::Text(text.to_owned())).unwrap();
            assert_eq!(url.show(), shown);
            assert_eq!(url.expose(), text);
            assert!(!format!("{url:?}").contains("s3c"));
        }
    }

    #[test]
    fn other_databases_are_refused_without_repeating_the_text() {
        for text in ["mysql://ann:s3cret@db", "s3cret", "postgres://", "postgres://a b:s3cret@db"] {
            let fault = DatabaseUrl::read(&Raw::Written(text.to_owned())).unwrap_err();
            assert!(!fault.contains("s3cret"), "{fault}");
        }
    }
}
