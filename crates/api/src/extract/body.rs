//! Bodies: bounded in size, depth and time, UTF-8, and of a media type that is understood.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use gathering_app::Error;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Problem, access::BodyBound, decode::decode, state::Edge};

/// A JSON body, in and out. An empty one that comes in is read as `{}`.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Edge> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Problem> {
        let media_type = media_type(request.headers())?;
        let text = read_text(request, edge).await?;
        match media_type.as_deref() {
            None if text.is_empty() => return decode("{}", edge.options.json_depth).map(Self),
            Some(media_type) if is_json(media_type) => {}
            given => return Err(unsupported(given, "`application/json`")),
        }
        decode(&text, edge.options.json_depth).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The whole body as text.
pub(crate) async fn read_text(request: Request, edge: &Edge) -> Result<String, Problem> {
    text(read_bytes(request, edge).await?)
}

/// Bytes of a body as text.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|fault| {
        let at = fault.utf8_error().valid_up_to();
        Problem::new("not_utf8", format!("the body is not UTF-8 at byte {at}"))
    })
}

/// The whole body, byte by byte.
pub(crate) async fn read_bytes(request: Request, edge: &Edge) -> Result<Vec<u8>, Problem> {
    let bound = request.extensions().get::<BodyBound>().copied().unwrap_or(BodyBound::Plain);
    let most = match bound {
        BodyBound::Plain => edge.options.body_bytes,
        BodyBound::Input => edge.options.input_bytes,
    };
    let too_large = || {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        Problem::from(Error::TooLarge { what: "body", most })
    };
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let body: Limited<Body> = Limited::new(request.into_body(), most);
    let time = edge.options.body_time;
    let read = tokio::time::timeout(time.std(), body.collect()).await;
    let read =
        read.map_err(|_| Problem::new("slow_body", format!("the body took more than {time}")))?;
    let bytes = read.map_err(|fault| {
        if fault.is::<LengthLimitError>() {
            too_large()
        } else {
            Problem::new("incomplete_body", "the body ended before it was complete")
        }
    })?;
    Ok(bytes.to_bytes().into())
}

/// The media type of the body in lower case, without its parameters; a charset other than UTF-8 is
/// refused.
pub(crate) fn media_type(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(None) };
    let text = value.to_str().map_err(|_| unsupported(None, "a media type"))?.to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_owned();
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    match charset.map(|charset| charset.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => Ok(Some(media_type)),
        Some(_) => Err(unsupported(Some(&text), "UTF-8")),
    }
}

/// Whether a media type is JSON: by its name, or by its suffix.
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == "application/json"
        || media_type.strip_prefix("application/").is_some_and(|rest| rest.ends_with("+json"))
}

/// The media type is none of those that are taken here.
pub(crate) fn unsupported(given: Option<&str>, wanted: &str) -> Problem {
    let given: String = given.unwrap_or("none").chars().take(100).collect();
    let detail = format!("the header `Content-Type` must say {wanted}; it says `{given}`");
    Problem::new("unsupported_media_type", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_compared_without_case_and_parameters() {
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().unwrap())]);
            media_type(&headers).map_err(|problem| problem.code())
        };
        for (text, json) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/merge-patch+json", true),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            assert_eq!(is_json(&read(text).unwrap().unwrap()), json, "{text}");
        }
        assert_eq!(read("application/json; charset=latin1"), Err("unsupported_media_type"));
    }
}
