//! One exchange with one origin: rules, secrets, the request itself, and what its failure means.

use std::{error::Error as _, io};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout_at};

use super::Egress;
use crate::{
    EgressErrorKind, EgressRequest, Opened, Secret, Sent,
    request::{HeaderText, header_name, header_value},
    resolve::ResolveFault,
    secrets::{Injected, Known, TextKind, find_names, inject},
    target::Target,
};

/// What is asked of one origin.
pub(super) struct Hop {
    pub(super) method: Method,
    /// Without secrets: what may be shown.
    pub(super) target: Target,
    /// The URL as the caller wrote it, whose markers are replaced. A redirect has none: where it
    /// leads is the server's text, and a marker in it would be an attack.
    pub(super) written_url: Option<String>,
    pub(super) headers: Vec<(String, HeaderText)>,
    pub(super) body: Bytes,
    /// Whether markers are mere text.
    pub(super) verbatim: bool,
}

type Fault = (Sent, EgressErrorKind);

impl Hop {
    pub(super) fn first(request: &EgressRequest, target: Target) -> Self {
        Self {
            method: request.method.clone(),
            target,
            written_url: Some(request.url.clone()),
            headers: request.headers.clone(),
            body: request.body.clone(),
            verbatim: request.verbatim,
        }
    }

    /// Refuses a secret that is meant for other hosts, or would travel in clear text to a host that
    /// the rules do not open by name.
    fn may_carry(&self, name: &str, secret: &Secret, opened: bool) -> Result<(), EgressErrorKind> {
        let refuse = |reason| Err(EgressErrorKind::SecretRefused { name: name.to_owned(), reason });
        let (host, port) = (self.target.host(), self.target.port());
        if !secret.hosts.iter().any(|pattern| pattern.matches(host, port)) {
            return refuse("its allowed hosts do not include this one");
        }
        if !self.target.is_https() && !opened {
            return refuse("the connection is not encrypted");
        }
        Ok(())
    }

    /// The body as text, if it is text that may hold markers, and how values are written in it.
    fn body_text(&self) -> Option<(&str, TextKind)> {
        let content_type = self.headers.iter().find_map(|(name, value)| match value {
            HeaderText::Plain(text) if name.eq_ignore_ascii_case("content-type") => Some(text),
            HeaderText::Plain(_) | HeaderText::Secret { .. } => None,
        });
        let kind = match content_type {
            Some(text) if text.contains("json") => TextKind::Json,
            Some(text) if text.contains("x-www-form-urlencoded") => TextKind::Url,
            Some(_) | None => TextKind::Plain,
        };
        Some((std::str::from_utf8(&self.body).ok()?, kind))
    }
}

impl Egress {
    /// Makes one exchange. What was found out before anything left is [`Sent::No`].
    pub(super) async fn ask(
        &self,
        hop: &Hop,
        request: &EgressRequest,
        deadline: Instant,
        known: &mut Known,
    ) -> Result<reqwest::Response, Fault> {
        let not_sent = |kind| (Sent::No, kind);
        let opened = self.judge(&hop.target, request).map_err(not_sent)?;
        let secrets = timeout_at(deadline, self.find_secrets(hop, opened))
            .await
            .map_err(|_| not_sent(EgressErrorKind::Timeout { phase: "request" }))?
            .map_err(not_sent)?;
        let built = build(hop, &secrets, known).map_err(not_sent)?;

        let head_until = Instant::now() + request.limits.head.std();
        let host = hop.target.host();
        match timeout_at(head_until.min(deadline), self.client.execute(built)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(explain(error.without_url(), host)),
            Err(_) => {
                let phase = if head_until < deadline { "answer's head" } else { "request" };
                Err((Sent::Maybe, EgressErrorKind::Timeout { phase }))
            }
        }
    }

    /// Applies the rules to a target; says whether they open it, by its name or as the address that it
    /// is.
    fn judge(&self, target: &Target, request: &EgressRequest) -> Result<bool, EgressErrorKind> {
        let (host, port) = (target.host(), target.port());
        if let Some(list) = request.held_to.iter().find(|list| !list.allows(host, port)) {
            let (host, list) = (host.to_owned(), list.of);
            return Err(EgressErrorKind::HostNotListed { host, port, list });
        }
        self.policy.judge(target).map(|Opened(opened)| opened)
    }

    /// Finds the secrets that the hop's markers name, and refuses those meant for other hosts.
    async fn find_secrets(&self, hop: &Hop, opened: bool) -> Result<Injected, EgressErrorKind> {
        let mut names: Vec<&str> = hop.written_url.iter().flat_map(|url| find_names(url)).collect();
        for (header, value) in &hop.headers {
            match value {
                HeaderText::Plain(text) => names.extend(find_names(text)),
                HeaderText::Secret { secret, .. } => hop.may_carry(header, secret, opened)?,
            }
        }
        if let Some((text, _)) = hop.body_text() {
            names.extend(find_names(text));
        }
        if hop.verbatim {
            names.clear();
        }
        names.sort_unstable();
        names.dedup();
        let mut found = Injected::new();
        for name in names {
            let secret = self.secrets.find_secret(name).await.map_err(|source| {
                EgressErrorKind::SecretSource { name: name.to_owned(), source }
            })?;
            let secret =
                secret.ok_or_else(|| EgressErrorKind::UnknownSecret { name: name.to_owned() })?;
            hop.may_carry(name, &secret, opened)?;
            found.insert(name.to_owned(), secret);
        }
        Ok(found)
    }
}

/// Builds the request, secrets in place; `known` learns of them.
fn build(
    hop: &Hop,
    secrets: &Injected,
    known: &mut Known,
) -> Result<reqwest::Request, EgressErrorKind> {
    for (name, secret) in secrets {
        known.add(name, secret);
    }
    let target = match &hop.written_url {
        Some(written) if !secrets.is_empty() => {
            let target = Target::parse(&inject(written, TextKind::Url, secrets))?;
            if !target.same_origin(&hop.target) {
                return Err(EgressErrorKind::InvalidUrl { reason: "a secret changes its host" });
            }
            target
        }
        Some(_) | None => hop.target.clone(),
    };
    let mut headers = HeaderMap::new();
    for (name, text) in &hop.headers {
        let key = header_name(name)?;
        let value = match text {
            HeaderText::Plain(text) => {
                let injected = inject(text, TextKind::Plain, secrets);
                let mut value = header_value(name, &injected)?;
                value.set_sensitive(injected != *text);
                value
            }
            HeaderText::Secret { prefix, secret } => {
                known.add("hidden", secret);
                let secret = secret.value.expose_secret();
                let mut value = header_value(name, &format!("{prefix}{secret}"))?;
                value.set_sensitive(true);
                value
            }
        };
        headers.append(key, value);
    }
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    let body = match hop.body_text() {
        Some((text, kind)) if !secrets.is_empty() => Bytes::from(inject(text, kind, secrets)),
        Some(_) | None => hop.body.clone(),
    };
    let mut request = reqwest::Request::new(hop.method.clone(), target.url().clone());
    *request.headers_mut() = headers;
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok(request)
}

/// Says what a failure of the HTTP client means.
fn explain(error: reqwest::Error, host: &str) -> Fault {
    let host = host.to_owned();
    let mut cause = error.source();
    while let Some(inner) = cause {
        match inner.downcast_ref::<ResolveFault>() {
            Some(ResolveFault::Refused(class)) => {
                let class = *class;
                return (Sent::No, EgressErrorKind::AddressRefused { host, class });
            }
            Some(ResolveFault::NotResolved(source)) => {
                let source = io::Error::new(source.kind(), source.to_string());
                return (Sent::No, EgressErrorKind::NameNotResolved { host, source });
            }
            None => cause = inner.source(),
        }
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => (Sent::No, EgressErrorKind::ConnectTimeout { host }),
        (true, false) => (Sent::No, EgressErrorKind::NotConnected { host, source: error }),
        (false, true) => (Sent::Maybe, EgressErrorKind::Timeout { phase: "request" }),
        (false, false) => (Sent::Maybe, EgressErrorKind::ConnectionLost(error)),
    }
}
