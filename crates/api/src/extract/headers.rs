//! Headers that mean something to a use case.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use gathering_domain::ProjectId;
use http::{HeaderMap, HeaderName, Uri, header, request::Parts};

use crate::Problem;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const PROJECT: HeaderName = HeaderName::from_static("gathering-project");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Where the WebSocket for events is.
pub(crate) const SOCKET_PATH: &str = "/api/v1/ws";

/// All of them. A page of another origin may send no others, so none is read that is not among them.
pub(crate) const READ: [HeaderName; 4] =
    [header::IF_MATCH, IDEMPOTENCY_KEY, PROJECT, LAST_EVENT_ID];

/// `Idempotency-Key`, if it came; the use case checks its form.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

/// The version that `If-Match` names; refused if the header is absent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IfMatch(pub(crate) u64);

/// The position that `Last-Event-ID` names, if it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastEventId(pub(crate) Option<i64>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(only(&parts.headers, &IDEMPOTENCY_KEY)?.map(str::to_owned)))
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(text) = only(&parts.headers, &header::IF_MATCH)? else {
            let detail = "say with `If-Match` which version you read: the `ETag` of its answer";
            return Err(Problem::new("precondition_required", detail));
        };
        let text = text.trim();
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match digits(inner.unwrap_or(text)) {
            Some(version) => Ok(Self(version)),
            None => Err(invalid(&header::IF_MATCH, "a version such as `\"3\"`")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match only(&parts.headers, &LAST_EVENT_ID)?.map(str::trim) {
            None | Some("") => Ok(Self(None)),
            Some(text) => match digits(text) {
                Some(position) => Ok(Self(Some(position))),
                None => Err(invalid(&LAST_EVENT_ID, "the `id` of an event of this server")),
            },
        }
    }
}

/// The project that `Gathering-Project` names, if it came. A page cannot set headers of the WebSocket that it
/// opens, which therefore may name it in the query.
pub(crate) fn named_project(headers: &HeaderMap, uri: &Uri) -> Result<Option<ProjectId>, Problem> {
    if let Some(text) = only(headers, &PROJECT)? {
        let named = text.trim().parse();
        return named.map(Some).map_err(|_| invalid(&PROJECT, "the id of a project, `prj_…`"));
    }
    if uri.path() != SOCKET_PATH {
        return Ok(None);
    }
    let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let named = query.find(|(name, _)| name == "project").map(|(_, text)| text.parse());
    let refused = || Problem::new("invalid_query", "`project` is the id of a project, `prj_…`");
    named.transpose().map_err(|_| refused())
}

/// A number without a sign.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The value of a header that may come once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    debug_assert!(READ.contains(name), "`{name}` is not in the list");
    let mut given = headers.get_all(name).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| invalid(name, "printable ASCII"))?;
            Ok(Some(text))
        }
        (Some(_), Some(_)) => Err(invalid(name, "one value, once")),
    }
}

fn invalid(name: &HeaderName, wanted: &str) -> Problem {
    Problem::new("invalid_header", format!("the header `{name}` must be {wanted}"))
}
