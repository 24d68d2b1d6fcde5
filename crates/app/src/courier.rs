//! The port through which notifications and webhooks leave: HTTP posts, and mail.

use futures::future::BoxFuture;
use gathering_domain::{Duration, Failure, HostList, ProjectId, Timestamp};
use secrecy::SecretString;

/// Carries messages out. The server implements it with the network's one door.
pub trait Courier: Send + Sync {
    /// The host of an address to which may be posted, as `https://host:port`; else what is wrong with it.
    fn host(&self, url: &str) -> Result<String, String>;

    /// Whether there is a mail server.
    fn takes_mail(&self) -> bool;

    /// Posts, and answers whatever the other side said. A failure is one without an answer, and says whether
    /// the post may have arrived.
    fn post(&self, post: Post) -> BoxFuture<'_, Result<Posted, Failure>>;

    /// Sends mail, and answers what the mail server said when it took it.
    fn mail(&self, letter: Letter) -> BoxFuture<'_, Result<String, Failure>>;
}

/// A post of JSON.
#[derive(Debug, Clone)]
pub struct Post {
    /// For which project.
    pub project_id: ProjectId,
    /// Where to.
    pub url: SecretString,
    /// Whether the address is to stay unknown: it is then taken out of whatever is told of the post.
    pub is_secret: bool,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long all of it may take.
    pub timeout: Duration,
    /// To which hosts the project holds its requests.
    pub held_to: Option<HostList>,
}

/// What the other side said to a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The status.
    pub status: u16,
    /// The beginning of the answer, as text.
    pub text: String,
    /// The wait that it asks for.
    pub retry_after: Option<Duration>,
}

/// A message by mail.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Who gets it.
    pub to: Vec<String>,
    /// A line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// What tells it from all other letters, the same for each attempt.
    pub id: String,
    /// When it is sent.
    pub at: Timestamp,
}
