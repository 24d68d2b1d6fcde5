//! One request, as the caller wants it.

use bytes::Bytes;
use gathering_domain::HostList;
use http::{HeaderName, HeaderValue, Method, header};

use crate::{Limits, Secret, error::EgressErrorKind};

/// One request. Text in URL, headers and body may hold secret markers
/// ([`gathering_domain::secret_marker`]).
#[derive(Debug, Clone)]
pub struct EgressRequest {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, HeaderText)>,
    pub(crate) body: Bytes,
    pub(crate) limits: Limits,
    pub(crate) held_to: Vec<HostList>,
    pub(crate) verbatim: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum HeaderText {
    Plain(String),
    /// Goes to the first origin only and only if it is one of the secret's hosts, and is taken out
    /// of what comes back.
    Secret {
        prefix: &'static str,
        secret: Secret,
    },
}

/// The most headers of a request.
const HEADERS_LIMIT: usize = 64;
/// The most bytes of one header's value.
const HEADER_BYTES_LIMIT: usize = 16 * 1024;

impl EgressRequest {
    /// A request without headers and body, with default limits.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            limits: Limits::default(),
            held_to: Vec::new(),
            verbatim: false,
        }
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// A `POST` of a JSON body.
    pub fn post_json(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, url).header("content-type", "application/json").body(body)
    }

    /// Adds a header. The connection's own ones (`host`, `content-length`, …) are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), HeaderText::Plain(value.into())));
        self
    }

    /// Adds a header with a secret value, which goes to the URL's own origin only, and only if that
    /// is one of the secret's hosts.
    pub fn secret_header(
        mut self,
        name: impl Into<String>,
        prefix: &'static str,
        secret: Secret,
    ) -> Self {
        self.headers.push((name.into(), HeaderText::Secret { prefix, secret }));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Narrows the hosts that this request may reach, redirects included: each list must allow them.
    pub fn held_to(mut self, lists: impl IntoIterator<Item = HostList>) -> Self {
        self.held_to.extend(lists);
        self
    }

    /// Sends what looks like a secret's marker as the text that it is: for requests that carry the words of
    /// others, who must be able neither to ask for a secret nor to make the request fail.
    pub fn verbatim(mut self) -> Self {
        self.verbatim = true;
        self
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Checks what does not need the network.
    pub(crate) fn check(&self) -> Result<(), EgressErrorKind> {
        self.limits.check()?;
        let limit = Limits::MOST_REQUEST_BYTES;
        if self.body.len() > limit {
            return Err(EgressErrorKind::RequestTooLarge { limit });
        }
        if self.headers.len() > HEADERS_LIMIT {
            let name = format!("{} more", self.headers.len() - HEADERS_LIMIT);
            return Err(EgressErrorKind::InvalidHeader { name });
        }
        if matches!(self.method, Method::CONNECT | Method::TRACE) {
            return Err(EgressErrorKind::InvalidUrl {
                reason: "its method opens a tunnel or echoes",
            });
        }
        Ok(())
    }
}

/// Reads a header's name, refusing those that belong to the connection.
pub(crate) fn header_name(text: &str) -> Result<HeaderName, EgressErrorKind> {
    let refuse = || EgressErrorKind::InvalidHeader { name: text.chars().take(64).collect() };
    let name = HeaderName::try_from(text).map_err(|_| refuse())?;
    let of_connection = [
        header::HOST,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        header::EXPECT,
        header::ACCEPT_ENCODING,
        header::PROXY_AUTHORIZATION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    if of_connection.contains(&name) { Err(refuse()) } else { Ok(name) }
}

/// Reads a header's value.
pub(crate) fn header_value(name: &str, text: &str) -> Result<HeaderValue, EgressErrorKind> {
    let refuse = || EgressErrorKind::InvalidHeader { name: name.chars().take(64).collect() };
    if text.len() > HEADER_BYTES_LIMIT {
        return Err(refuse());
    }
    HeaderValue::try_from(text).map_err(|_| refuse())
}
