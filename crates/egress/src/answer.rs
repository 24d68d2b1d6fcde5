//! An HTTP answer as a plain value, and the statuses that are failures.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use gathering_domain::{Advice, EffectKind, Failure};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::EgressResponse;

/// The most bytes of a body that are read.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The most headers that are told.
const MAX_HEADERS: usize = 40;
/// The longest header that is told, in characters.
const MAX_HEADER_CHARS: usize = 500;

/// What came back.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where the answer came from, after redirects, without the query.
    pub url: String,
    /// Headers by name.
    pub headers: BTreeMap<String, String>,
    /// JSON where the answer is JSON, else text; null if it is neither.
    pub body: Value,
    /// Whether the body goes on beyond what is here.
    pub truncated: bool,
}

/// Reads an answer. A 429 certainly changed nothing; after a 5xx nobody here knows.
pub async fn read_answer(response: EgressResponse, kind: EffectKind) -> Result<Answer, Failure> {
    let (status, url) = (response.status().as_u16(), response.url().to_owned());
    let after = response.retry_after();
    if status == 429 {
        let message = format!("{url} answered 429: too many requests");
        return Err(Failure::retryable("rate_limited", message, after));
    }
    if status >= 500 {
        let message = format!("{url} answered {status}");
        let advice = Advice::Unknown { after };
        return Err(Failure { code: "server_error".to_owned(), message, advice });
    }
    let headers = headers(&response);
    let is_json = response
        .header("content-type")
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().ends_with("json"));
    let (bytes, truncated) = body(response, kind).await?;
    let body = match String::from_utf8(bytes) {
        Ok(text) if is_json && !truncated => {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        Ok(text) => Value::String(text),
        // A character may have been cut in two.
        Err(fault) if truncated && fault.utf8_error().error_len().is_none() => {
            Value::String(String::from_utf8_lossy(fault.as_bytes()).into_owned())
        }
        Err(_) => Value::Null,
    };
    Ok(Answer { status, url, headers, body, truncated })
}

/// The beginning of the body, and whether there is more. What breaks off is tried again where that
/// is harmless; elsewhere the status is known, and that much is kept.
async fn body(response: EgressResponse, kind: EffectKind) -> Result<(Vec<u8>, bool), Failure> {
    let mut pieces = response.into_stream();
    let mut body = Vec::new();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => body.extend_from_slice(&piece),
            Err(error) if kind.may_repeat() => return Err(error.into()),
            Err(_) => return Ok((body, true)),
        }
        if body.len() > MAX_BODY_BYTES {
            body.truncate(MAX_BODY_BYTES);
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

fn headers(response: &EgressResponse) -> BTreeMap<String, String> {
    let headers = response.headers().iter().take(MAX_HEADERS);
    headers
        .filter_map(|(name, value)| {
            let value = value.to_str().ok()?.chars().take(MAX_HEADER_CHARS).collect();
            Some((name.as_str().to_owned(), value))
        })
        .collect()
}
