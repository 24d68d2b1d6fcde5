//! A small mail server (RFC 5321) that keeps what it takes, and misbehaves as a test says.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::Certificate;

/// How connections to the server are encrypted.
#[derive(Debug, Clone)]
pub enum MailSecurity {
    /// Not at all.
    Plain,
    /// When the client asks.
    StartTls(Certificate),
    /// From the first byte.
    Tls(Certificate),
}

/// What becomes of the next message. Once none is left, all are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailFate {
    /// The recipient is refused for good.
    RefuseRecipient,
    /// The sender is refused for now.
    Busy,
    /// The message is refused for good, once it is there.
    RefuseMessage,
    /// The connection breaks before the message.
    CutBefore,
    /// The message is taken, and the connection breaks before the answer.
    CutAfter,
}

/// A message as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailTaken {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Headers and text.
    pub content: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Name and password, if the client signed in.
    pub login: Option<(String, String)>,
}

/// A running server; it ends with the test.
pub struct MailServer {
    /// Where it listens.
    pub address: SocketAddr,
    book: Arc<Book>,
    _tasks: JoinSet<()>,
}

struct Book {
    fates: Mutex<VecDeque<MailFate>>,
    taken: watch::Sender<Vec<MailTaken>>,
    security: MailSecurity,
}

impl MailServer {
    /// A server without encryption.
    pub async fn start(fates: &[MailFate]) -> Self {
        Self::secured(MailSecurity::Plain, fates).await
    }

    /// A server with this encryption, at 127.0.0.1.
    pub async fn secured(security: MailSecurity, fates: &[MailFate]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let fates = Mutex::new(fates.iter().copied().collect());
        let book = Arc::new(Book { fates, taken: watch::Sender::new(Vec::new()), security });
        let shared = Arc::clone(&book);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut serving = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let book = Arc::clone(&shared);
                serving.spawn(async move {
                    // Whatever breaks is the client's to notice.
                    let _ = book.serve(stream).await;
                });
            }
        });
        Self { address, book, _tasks: tasks }
    }

    /// What it has taken.
    pub fn taken(&self) -> Vec<MailTaken> {
        self.book.taken.borrow().clone()
    }

    /// Waits until it has taken so many.
    pub async fn has_taken(&self, messages: usize) -> Vec<MailTaken> {
        let mut taken = self.book.taken.subscribe();
        let enough = taken.wait_for(|taken| taken.len() >= messages);
        let waited = tokio::time::timeout(std::time::Duration::from_mins(1), enough).await;
        waited.expect("the mail comes in time").expect("the server is there").clone()
    }
}

/// What a client asks for that ends the talk as it is.
enum End {
    Quit,
    Encrypt,
}

impl Book {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        match &self.security {
            MailSecurity::Plain => {
                let mut talk = Talk::new(BufStream::new(stream), false);
                talk.greet().await?;
                self.talk(&mut talk).await.map(drop)
            }
            MailSecurity::StartTls(certificate) => {
                let mut talk = Talk::new(BufStream::new(stream), false);
                talk.greet().await?;
                if let End::Encrypt = self.talk(&mut talk).await? {
                    let stream = talk.stream.into_inner();
                    let stream = acceptor(certificate).accept(stream).await?;
                    self.talk(&mut Talk::new(BufStream::new(stream), true)).await?;
                }
                Ok(())
            }
            MailSecurity::Tls(certificate) => {
                let stream = acceptor(certificate).accept(stream).await?;
                let mut talk = Talk::new(BufStream::new(stream), true);
                talk.greet().await?;
                self.talk(&mut talk).await.map(drop)
            }
        }
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        talk: &mut Talk<S>,
    ) -> std::io::Result<End> {
        let mut mail = MailTaken { encrypted: talk.encrypted, ..MailTaken::default() };
        let mut fate = None;
        loop {
            let line = talk.line().await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let address = || rest.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    let offers_tls = matches!(self.security, MailSecurity::StartTls(_));
                    let starttls =
                        if offers_tls && !talk.encrypted { "250-STARTTLS\r\n" } else { "" };
                    talk.say(&format!("250-mail.test\r\n{starttls}250-AUTH PLAIN\r\n250 8BITMIME"))
                        .await?;
                }
                "STARTTLS" => {
                    talk.say("220 go ahead").await?;
                    return Ok(End::Encrypt);
                }
                "AUTH" => {
                    let code = rest.strip_prefix("PLAIN ").unwrap_or_default();
                    let plain = STANDARD.decode(code).unwrap_or_default();
                    let plain = String::from_utf8(plain).unwrap_or_default();
                    let mut parts = plain.split('\0').skip(1).map(str::to_owned);
                    mail.login = parts.next().zip(parts.next());
                    let known = mail.login.as_ref().is_some_and(|(_, word)| word != "wrong");
                    talk.say(if known { "235 welcome" } else { "535 who are you" }).await?;
                }
                "MAIL" => {
                    fate = self.fates.lock().expect("no test panics with it").pop_front();
                    mail.from = address();
                    match fate {
                        Some(MailFate::Busy) => talk.say("451 come back later").await?,
                        Some(MailFate::CutBefore) => return Ok(End::Quit),
                        _ => talk.say("250 ok").await?,
                    }
                }
                "RCPT" if fate == Some(MailFate::RefuseRecipient) => {
                    talk.say("550 nobody of that name").await?;
                }
                "RCPT" => {
                    mail.to.push(address());
                    talk.say("250 ok").await?;
                }
                "DATA" => {
                    talk.say("354 go on").await?;
                    mail.content = talk.content().await?;
                    if fate == Some(MailFate::RefuseMessage) {
                        talk.say("554 not that").await?;
                        continue;
                    }
                    let whole = MailTaken { login: mail.login.clone(), ..mail.clone() };
                    self.taken.send_modify(|taken| taken.push(whole));
                    if fate == Some(MailFate::CutAfter) {
                        return Ok(End::Quit);
                    }
                    talk.say("250 queued as 1").await?;
                }
                "QUIT" => {
                    talk.say("221 bye").await?;
                    return Ok(End::Quit);
                }
                _ => talk.say("502 what").await?,
            }
        }
    }
}

/// One connection.
struct Talk<S> {
    stream: BufStream<S>,
    encrypted: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    fn new(stream: BufStream<S>, encrypted: bool) -> Self {
        Self { stream, encrypted }
    }

    async fn greet(&mut self) -> std::io::Result<()> {
        self.say("220 mail.test ready").await
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// The lines up to the one with a dot alone.
    async fn content(&mut self) -> std::io::Result<String> {
        let mut content = String::new();
        loop {
            let line = self.line().await?;
            if line == "." {
                return Ok(content);
            }
            content.push_str(line.strip_prefix('.').unwrap_or(&line));
            content.push('\n');
        }
    }
}

fn acceptor(certificate: &Certificate) -> TlsAcceptor {
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate.der.clone())],
            key.expect("a certificate of a test has its key"),
        )
        .expect("the key is that of the certificate");
    TlsAcceptor::from(Arc::new(config))
}
