//! The id of a request: the client's own if it is sane, else a new one.

use gathering_domain::{IdSource, RequestId as NewId};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the id, in requests and in every answer.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a client, in bytes.
const MAX_BYTES: usize = 64;

/// The id of a request, as answers, errors and the log name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// The id that came with the request, or a new one.
    pub(crate) fn of(headers: &HeaderMap, ids: &dyn IdSource) -> Self {
        let given = headers.get(X_REQUEST_ID).filter(|value| sane(value.as_bytes()));
        Self(given.cloned().unwrap_or_else(|| {
            let id = NewId::next(ids).to_string();
            HeaderValue::try_from(id).expect("an id is letters, digits and `_`")
        }))
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The id as a header.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// Short, and nothing in it that could break a line of a log or a query of one.
fn sane(bytes: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=MAX_BYTES).contains(&bytes.len()) && bytes.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    struct Seven;

    impl IdSource for Seven {
        fn next_uuid(&self) -> Uuid {
            Uuid::from_u128(7)
        }
    }

    #[test]
    fn only_a_sane_id_of_a_client_is_taken() {
        let new = "req_00000000000000000000000000000007";
        for (given, wanted) in [
            (None, new),
            (Some("abc-1.2_3"), "abc-1.2_3"),
            (Some(""), new),
            (Some("a b"), new),
            (Some("a\"b"), new),
            (Some("x".repeat(65).as_str()), new),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(given) = given {
                headers.insert(X_REQUEST_ID, given.parse().unwrap());
            }
            assert_eq!(RequestId::of(&headers, &Seven).as_str(), wanted, "{given:?}");
        }
    }
}
