//! Connections that go on as WebSockets (RFC 6455): the request for it, and what is spoken then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse as _, Response},
};
use futures::future::BoxFuture;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
    request::Parts,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::Problem;

/// The version of the protocol that is spoken here: the only one that there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
/// How long the key of a request is, as text: 16 bytes in base64.
const KEY_BYTES: usize = 24;

/// What is spoken on a connection after its last request.
type Talk = BoxFuture<'static, ()>;

/// Where a connection finds what is to be spoken on it, once a request has asked for that.
#[derive(Clone, Default)]
pub(crate) struct Upgrades(Arc<Mutex<Option<Talk>>>);

/// A request to go on as a WebSocket.
pub(crate) struct Upgrade {
    pending: OnUpgrade,
    upgrades: Upgrades,
    accept: HeaderValue,
}

impl Upgrades {
    /// What is to be spoken; nothing if no request has asked for it.
    pub(crate) fn take(&self) -> Option<Talk> {
        self.talk().take()
    }

    fn talk(&self) -> MutexGuard<'_, Option<Talk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upgrade {
    /// Answers that it may. The connection speaks as soon as the answer is sent, and not at all if it
    /// breaks before.
    pub(crate) fn answer<T>(
        self,
        talk: impl FnOnce(TokioIo<Upgraded>) -> T + Send + 'static,
    ) -> Response
    where
        T: Future<Output = ()> + Send,
    {
        let Self { pending, upgrades, accept } = self;
        let talk = async move {
            match pending.await {
                Ok(upgraded) => talk(TokioIo::new(upgraded)).await,
                Err(error) => tracing::debug!(%error, "a connection broke before it was another"),
            }
        };
        *upgrades.talk() = Some(Box::pin(talk));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let headers = &parts.headers;
        let asked = parts.method == Method::GET
            && names(headers, &CONNECTION, "upgrade")
            && names(headers, &UPGRADE, "websocket");
        if !asked {
            return Err(required("ask with the handshake of a WebSocket, over HTTP/1.1"));
        }
        let mut versions = headers.get_all(SEC_WEBSOCKET_VERSION).iter();
        if (versions.next(), versions.next()) != (Some(&VERSION), None) {
            return Err(required("the header `Sec-WebSocket-Version` must be `13`"));
        }
        let Some(accept) = accept(headers) else {
            let detail = "the header `Sec-WebSocket-Key` must be 16 bytes in base64, once";
            return Err(Problem::new("invalid_header", detail).into_response());
        };
        let pending = parts.extensions.remove::<OnUpgrade>();
        match (pending, parts.extensions.get::<Upgrades>().cloned()) {
            (Some(pending), Some(upgrades)) => Ok(Self { pending, upgrades, accept }),
            // As over HTTP/2, where such a request has no connection of its own.
            _ => Err(required("this connection cannot become a WebSocket; ask over HTTP/1.1")),
        }
    }
}

/// What the answer shows for the request's key.
fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let (Some(key), None) = (keys.next(), keys.next()) else { return None };
    let is_key = key.len() == KEY_BYTES && key.as_bytes().ends_with(b"==");
    is_key.then(|| derive_accept_key(key.as_bytes()).parse().ok()).flatten()
}

/// Whether a header that lists words names this one.
fn names(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|listed| listed.trim().eq_ignore_ascii_case(word))
}

/// The refusal of a request that does not ask for a WebSocket, or for one that is not spoken here.
fn required(detail: &str) -> Response {
    let mut response = Problem::new("upgrade_required", detail).into_response();
    let headers = response.headers_mut();
    headers.insert(UPGRADE, WEBSOCKET);
    headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(HeaderName, &'static str)]) -> HeaderMap {
        let list = list.iter();
        list.map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_list_names_words_in_any_case() {
        let given = headers(&[(CONNECTION, "keep-alive, Upgrade")]);
        assert!(names(&given, &CONNECTION, "upgrade"));
        assert!(!names(&given, &CONNECTION, "up"));
        assert!(!names(&given, &UPGRADE, "websocket"));
    }

    #[test]
    fn a_key_is_answered_as_the_protocol_says() {
        // The example of RFC 6455, 1.3.
        let given = headers(&[(SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")]);
        assert_eq!(accept(&given).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for bad in [&[][..], &[(SEC_WEBSOCKET_KEY, "short==")]] {
            assert_eq!(accept(&headers(bad)), None, "{bad:?}");
        }
        let mut twice = given.clone();
        twice.append(SEC_WEBSOCKET_KEY, given[SEC_WEBSOCKET_KEY].clone());
        assert_eq!(accept(&twice), None);
    }
}
