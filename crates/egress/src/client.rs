//! The one HTTP client: checks, secrets, redirects and caps around each request.

mod hop;
mod redirect;

use std::{fmt, sync::Arc, time::Duration as StdDuration};

use gathering_domain::ProjectId;
use reqwest::{Client, redirect::Policy};
use tokio::time::Instant;

use crate::{
    EgressError, EgressErrorKind, EgressRequest, EgressResponse, NetworkPolicy, NoSecrets,
    Resolver, Revealed, Revelations, RootCertificates, SecretSource, Sent, SystemResolver,
    resolve::CheckedResolver, response::BodyCaps, secrets::Known, target::Target,
    tls::client_config,
};

/// The longest that a connection may take to come about, name and TLS included.
const CONNECT_TIMEOUT: StdDuration = StdDuration::from_secs(10);
/// How long an unused connection is kept.
const IDLE_CONNECTION: StdDuration = StdDuration::from_secs(30);
/// The most unused connections kept per host.
const IDLE_CONNECTIONS: usize = 32;
/// The most headers of an answer over HTTP/1.
const ANSWER_HEADERS: usize = 128;
const USER_AGENT: &str = concat!("gathering/", env!("CARGO_PKG_VERSION"));

/// The one HTTP client. Cheap to clone; clones share connections.
///
/// Invariant: each connection in its pool goes to an address that this client's own policy allows,
/// because pool and policy are made together.
#[derive(Clone)]
pub struct Egress {
    client: Client,
    policy: Arc<NetworkPolicy>,
    secrets: Arc<dyn SecretSource>,
    builder: EgressBuilder,
}

/// What an [`Egress`] is made of.
#[derive(Clone)]
pub struct EgressBuilder {
    policy: NetworkPolicy,
    resolver: Arc<dyn Resolver>,
    secrets: Arc<dyn SecretSource>,
    roots: RootCertificates,
    revealed: Revealed,
}

impl Default for EgressBuilder {
    fn default() -> Self {
        Self {
            policy: NetworkPolicy::default(),
            resolver: Arc::new(SystemResolver),
            secrets: Arc::new(NoSecrets),
            roots: RootCertificates::default(),
            revealed: Revealed::default(),
        }
    }
}

impl EgressBuilder {
    /// Sets what may be reached; every public address and nothing else by default.
    pub fn policy(mut self, policy: NetworkPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets who looks names up; the operating system by default.
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Sets where secrets come from; there are none by default.
    pub fn secrets(mut self, secrets: Arc<dyn SecretSource>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Sets certificates that are believed besides the public ones.
    pub fn roots(mut self, roots: RootCertificates) -> Self {
        self.roots = roots;
        self
    }

    /// Sets who remembers the values of secrets that are used, project by project; nobody else by default.
    pub fn revealed(mut self, all: &Revelations) -> Self {
        self.revealed = Revealed::in_no_project(all);
        self
    }

    /// Makes the client.
    pub fn build(self) -> Egress {
        let policy = Arc::new(self.policy.clone());
        let resolver =
            CheckedResolver { inner: Arc::clone(&self.resolver), policy: Arc::clone(&policy) };
        let client = Client::builder()
            .tls_backend_preconfigured(client_config(&self.roots))
            .dns_resolver(Arc::new(resolver))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_headers(ANSWER_HEADERS)
            .build()
            .expect("TLS is configured and no other option can fail");
        Egress { client, policy, secrets: Arc::clone(&self.secrets), builder: self }
    }
}

impl Egress {
    /// Begins one.
    pub fn builder() -> EgressBuilder {
        EgressBuilder::default()
    }

    /// Another client with the same resolver, secrets and roots, but its own policy and
    /// connections. Costs some milliseconds: keep it.
    pub fn with_policy(&self, policy: NetworkPolicy) -> Self {
        let builder = self.builder.clone().secrets(Arc::clone(&self.secrets));
        builder.policy(policy).build()
    }

    /// The same client with other secrets, for instance those of one project.
    pub fn with_secrets(&self, secrets: Arc<dyn SecretSource>) -> Self {
        Self { secrets, ..self.clone() }
    }

    /// The same client as one project uses it: what comes back holds none of the values of secrets that
    /// clients of that project have used, and is not compared with those of any other.
    pub fn for_project(&self, project: ProjectId) -> Self {
        let mut own = self.clone();
        own.builder.revealed = self.builder.revealed.of(project);
        own
    }

    /// What may be reached.
    pub fn policy(&self) -> &NetworkPolicy {
        &self.policy
    }

    /// Makes the request, and follows its redirects. Any status is an answer, not an error.
    #[tracing::instrument(name = "egress.send", level = "debug", skip_all, fields(
        http.method = %request.method, server.address, http.status))]
    pub async fn send(&self, request: EgressRequest) -> Result<EgressResponse, EgressError> {
        let fail = |target: String, sent, kind| {
            Err(EgressError { method: request.method.to_string(), target, sent, kind })
        };
        let first = match request.check().and_then(|()| Target::parse(&request.url)) {
            Ok(target) => target,
            Err(kind) => return fail(cut_url(&request.url), Sent::No, kind),
        };
        let span = tracing::Span::current();
        span.record("server.address", first.host());
        let deadline = Instant::now() + request.limits.total.std();
        let mut hop = hop::Hop::first(&request, first.clone());
        let mut known = Known::new(&self.builder.revealed);
        for redirects in 0_u8.. {
            let response = match self.ask(&hop, &request, deadline, &mut known).await {
                Ok(answered) => answered,
                Err((sent, kind)) if redirects == 0 => {
                    return fail(first.to_string(), sent, kind);
                }
                // The first target has answered, so something was sent whatever failed here.
                Err((sent, kind)) => {
                    let (method, target) = (hop.method.to_string(), known.show(&hop.target));
                    let inner = EgressError { method, target, sent, kind };
                    let kind = EgressErrorKind::RedirectFailed(Box::new(inner));
                    return fail(first.to_string(), Sent::Maybe, kind);
                }
            };
            let next = match hop.follow(&response, &request, redirects, &known) {
                Ok(next) => next,
                Err(kind) => return fail(first.to_string(), Sent::Maybe, kind),
            };
            let Some(next) = next else {
                span.record("http.status", response.status().as_u16());
                let caps = BodyCaps {
                    method: hop.method.to_string(),
                    shown: known.show(&hop.target),
                    bytes: request.limits.body_bytes,
                    idle: request.limits.idle.std(),
                    deadline,
                    redactor: known.redactor(),
                };
                return Ok(EgressResponse::new(response, caps));
            };
            hop = next;
        }
        unreachable!("`follow` refuses the redirect after the last allowed one")
    }
}

/// What may be shown of text that could not be read as a URL: its beginning, up to where a user's
/// name, a query or a fragment could begin.
fn cut_url(text: &str) -> String {
    let text = match text.find('@') {
        Some(at) => text.get(..text.find("//").map_or(0, |s| (s + 2).min(at))).unwrap_or_default(),
        None => text.split(['?', '#']).next().unwrap_or_default(),
    };
    text.chars().take(120).collect()
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl fmt::Debug for EgressBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EgressBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}
