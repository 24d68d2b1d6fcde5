//! What is said of a mail server: its name, its encryption, and how to sign in there.

use gathering_domain::HostPattern;
use secrecy::SecretString;

use super::MASK;
use crate::setting::{Raw, Setting, unfit};

/// The most bytes of a name or a password.
const BYTES_MAX: usize = 512;

/// The name or address of a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHost(String);

/// How the connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    /// Begun in the clear, and encrypted before anything is said.
    StartTls,
    /// From the first byte.
    Tls,
    /// Not at all.
    None,
}

/// The name with which to sign in at a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailUser(String);

/// The password with which to sign in at a mail server.
#[derive(Debug, Clone)]
pub struct MailPassword(SecretString);

impl MailHost {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MailUser {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MailPassword {
    /// The password itself, for signing in alone.
    pub fn expose(&self) -> &SecretString {
        &self.0
    }
}

/// A text of one line that is not empty.
fn line(raw: &Raw) -> Option<&str> {
    let fits =
        |text: &&str| (1..=BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    raw.text().map(|text| text.trim_end_matches(['\r', '\n'])).filter(fits)
}

impl Setting for MailHost {
    const KIND: &'static str = "a host without a port, such as `smtp.example.com`";

    fn read(raw: &Raw) -> Result<Self, String> {
        let plain = |text: &&str| !text.contains(['*', ':']) && text.parse::<HostPattern>().is_ok();
        let host = raw.text().map(str::trim).filter(plain);
        host.map(|host| Self(host.to_owned())).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Setting for MailEncryption {
    const KIND: &'static str = "`starttls`, `tls` or `none`";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text().map(str::trim) {
            Some("starttls") => Ok(Self::StartTls),
            Some("tls") => Ok(Self::Tls),
            Some("none") => Ok(Self::None),
            Some(_) | None => Err(unfit::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
        .to_owned()
    }
}

impl Setting for MailUser {
    const KIND: &'static str = "a name of one line";

    fn read(raw: &Raw) -> Result<Self, String> {
        line(raw).map(|text| Self(text.to_owned())).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Setting for MailPassword {
    const KIND: &'static str = "a password of one line";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        line(raw).map(|text| Self(text.into())).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        MASK.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn written(text: &str) -> Raw {
        Raw::Written(text.to_owned())
    }

    #[test]
    fn a_mail_server_is_named_without_a_port() {
        for text in ["smtp.example.com", "127.0.0.1", "mail"] {
            assert_eq!(MailHost::read(&written(text)).unwrap().as_str(), text);
        }
        for text in ["", "smtp.example.com:587", "*.example.com", "smtp://a", "a b"] {
            assert!(MailHost::read(&written(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn an_encryption_is_written_as_it_is_read() {
        for text in ["starttls", "tls", "none"] {
            assert_eq!(MailEncryption::read(&written(text)).unwrap().show(), text);
        }
        assert!(MailEncryption::read(&written("ssl")).is_err());
    }

    #[test]
    fn a_password_stays_hidden() {
        let password = MailPassword::read(&Raw::Held("p w\n".to_owned())).unwrap();
        assert_eq!(password.expose().expose_secret(), "p w");
        assert!(!format!("{password:?}{}", password.show()).contains("p w"));
        assert!(!MailPassword::read(&written("a\u{7}b")).unwrap_err().contains("a\u{7}b"));
        assert_eq!(MailUser::read(&written("ann")).unwrap().as_str(), "ann");
        assert!(MailUser::read(&written("")).is_err());
    }
}
