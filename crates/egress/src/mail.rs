//! Mail: the one way to a mail server, which the server's operator names.

use std::{error::Error as _, fmt, time::Duration as StdDuration};

use gathering_domain::{Advice, Failure, Timestamp};
use lettre::{
    Address, Message,
    message::{
        Mailbox,
        header::{ContentType, MIME_VERSION_1_0},
    },
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail as MailFrom, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use crate::RootCertificates;

/// How long it may take until the server is ready for the message: connection, encryption, sign-in and
/// addresses.
const READY_WITHIN: StdDuration = StdDuration::from_secs(20);
/// How long the server may take to take the message, once it is on its way.
const TAKEN_WITHIN: StdDuration = StdDuration::from_secs(30);
/// How long the good-bye may take.
const BYE_WITHIN: StdDuration = StdDuration::from_secs(1);
/// The most characters of what a server says that are told.
const TOLD_CHARS: usize = 500;

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// Begun in the clear and encrypted before anything is said; a server that cannot is refused.
    StartTls,
    /// From the first byte.
    Implicit,
    /// Not at all.
    Off,
}

/// A mail server, as its operator named it.
#[derive(Clone)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// Name and password to sign in with.
    pub login: Option<(String, SecretString)>,
    /// The address that messages come from.
    pub from: String,
}

/// Settings with which no mail can be sent.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMailServer {
    /// The sender's address.
    #[error("mail cannot come from `{from}`")]
    From {
        /// The address.
        from: String,
        /// Why.
        #[source]
        source: lettre::address::AddressError,
    },
    /// The server's name, or a root certificate.
    #[error("the connection to `{host}` cannot be encrypted")]
    Tls {
        /// The server.
        host: String,
        /// Why.
        #[source]
        source: SmtpError,
    },
}

/// A message in plain text.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Who gets it.
    pub to: Vec<String>,
    /// Its subject: one line.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// What tells it from all other messages, the same for each attempt: letters, digits, `_`.
    pub id: String,
    /// When it is sent.
    pub at: Timestamp,
}

/// Sends mail through one server, each message over a connection of its own. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    server: MailServer,
    from: Address,
    tls: Option<TlsParameters>,
}

impl Mailer {
    /// A way to this server, which believes these certificates besides the public ones.
    pub fn new(server: MailServer, roots: &RootCertificates) -> Result<Self, InvalidMailServer> {
        let from = server
            .from
            .parse::<Address>()
            .map_err(|source| InvalidMailServer::From { from: server.from.clone(), source })?;
        let invalid = |source| InvalidMailServer::Tls { host: server.host.clone(), source };
        let tls = match server.tls {
            MailTls::Off => None,
            MailTls::StartTls | MailTls::Implicit => {
                let mut tls = TlsParameters::builder(server.host.clone())
                    .certificate_store(CertificateStore::WebpkiRoots);
                for root in roots.each_der() {
                    let root = Certificate::from_der(root.to_vec()).map_err(invalid)?;
                    tls = tls.add_root_certificate(root);
                }
                Some(tls.build().map_err(invalid)?)
            }
        };
        Ok(Self { server, from, tls })
    }

    /// Sends a message, and answers what the server said when it took it. A failure says whether the message
    /// may have been taken all the same.
    pub async fn send(&self, mail: Mail) -> Result<String, Failure> {
        let (to, message) = self.message(mail)?;
        let ready = timeout(READY_WITHIN, self.ready(&to, &message)).await;
        let mut connection = match ready {
            Ok(Ok(connection)) => connection,
            Ok(Err((error, refused))) => return Err(self.before(&error, refused)),
            Err(_) => {
                let why = format!("{self} was not ready for the message in time");
                return Err(Failure::retryable("not_connected", why, None));
            }
        };
        let taken = timeout(TAKEN_WITHIN, connection.message(&message)).await;
        let told = match &taken {
            Ok(Ok(response)) => Ok(cut(&response.message().collect::<Vec<_>>().join(" "))),
            Ok(Err(error)) => Err(self.after(error)),
            Err(_) => {
                let why = format!("{self} did not say in time whether it took the message");
                Err(Failure::unknown("timeout", why))
            }
        };
        // Whether the good-bye is heard matters to nobody.
        let _ = timeout(BYE_WITHIN, connection.abort()).await;
        told
    }

    /// A connection whose next word is the message. Where it is an address that fails, so does all: the
    /// others would get a message twice that is sent again.
    async fn ready<'a>(
        &self,
        to: &'a [Address],
        message: &[u8],
    ) -> Result<AsyncSmtpConnection, (SmtpError, Option<&'a Address>)> {
        let mut connection = self.begun(message).await.map_err(|error| (error, None))?;
        for address in to {
            let said = connection.command(Rcpt::new(address.clone(), Vec::new())).await;
            said.map_err(|error| (error, Some(address)))?;
        }
        connection.command(Data).await.map_err(|error| (error, None))?;
        Ok(connection)
    }

    /// A connection that is next told who gets the message.
    async fn begun(&self, message: &[u8]) -> Result<AsyncSmtpConnection, SmtpError> {
        let MailServer { host, port, tls, login, .. } = &self.server;
        let hello = ClientId::Domain(self.from.domain().to_owned());
        let (wrapped, later) = match tls {
            MailTls::Implicit => (self.tls.clone(), None),
            MailTls::StartTls => (None, self.tls.clone()),
            MailTls::Off => (None, None),
        };
        let at = (host.as_str(), *port);
        let connection =
            AsyncSmtpConnection::connect_tokio1(at, Some(READY_WITHIN), &hello, wrapped, None);
        let mut connection = connection.await?;
        if let Some(tls) = later {
            connection.starttls(tls, &hello).await?;
        }
        if let Some((user, password)) = login {
            let password = password.expose_secret().to_owned();
            let credentials = Credentials::new(user.clone(), password);
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        let mut options = Vec::new();
        let wide = connection.server_info().supports_feature(Extension::EightBitMime);
        if !message.is_ascii() && wide {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        connection.command(MailFrom::new(Some(self.from.clone()), options)).await?;
        Ok(connection)
    }

    fn message(&self, mail: Mail) -> Result<(Vec<Address>, Vec<u8>), Failure> {
        let Mail { to, subject, text, id, at } = mail;
        let invalid = |why: String| Failure::fatal("invalid_input", why);
        let from = Mailbox::new(None, self.from.clone());
        let micros = u64::try_from(at.micros()).unwrap_or_default();
        let mut message = Message::builder()
            .from(from)
            .subject(one_line(&subject))
            .message_id(Some(format!("<{id}@{}>", self.from.domain())))
            .date(std::time::UNIX_EPOCH + StdDuration::from_micros(micros))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN);
        let mut addresses = Vec::with_capacity(to.len());
        for text in to {
            let address = text.parse::<Address>();
            let address = address.map_err(|_| invalid(format!("`{text}` is no address")))?;
            message = message.to(Mailbox::new(None, address.clone()));
            addresses.push(address);
        }
        let message = message.body(text).map_err(|error| invalid(error.to_string()))?;
        Ok((addresses, message.formatted()))
    }

    /// A failure before the message was on its way.
    fn before(&self, error: &SmtpError, refused: Option<&Address>) -> Failure {
        let mut why = format!("{self} {}", said(error, "took no message"));
        if let Some(address) = refused {
            why = format!("nobody got the message, because of the address `{address}`: {why}");
        }
        if error.is_permanent() || error.is_client() {
            return Failure::fatal("mail_refused", why);
        }
        if error.is_transient() {
            return Failure::retryable("mail_refused", why, None);
        }
        Failure::retryable("not_connected", why, None)
    }

    /// A failure after that: only a server that says no has certainly not taken it.
    fn after(&self, error: &SmtpError) -> Failure {
        let why = format!("{self} {}", said(error, "did not say whether it took the message"));
        let code = "mail_refused".to_owned();
        if error.is_permanent() {
            return Failure { code, message: why, advice: Advice::Fail };
        }
        if error.is_transient() {
            return Failure { code, message: why, advice: Advice::Retry { after: None } };
        }
        Failure::unknown("connection_lost", why)
    }
}

/// What went wrong, in a few words of the server or of the network.
fn said(error: &SmtpError, otherwise: &str) -> String {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    match error.status() {
        Some(code) => format!("answered {code}: {}", cut(&cause)),
        None => format!("{otherwise}: {}", cut(&cause)),
    }
}

fn cut(text: &str) -> String {
    one_line(text).chars().take(TOLD_CHARS).collect()
}

/// A text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().trim().to_owned()
}

impl fmt::Display for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mail server {}:{}", self.server.host, self.server.port)
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer({self})")
    }
}
