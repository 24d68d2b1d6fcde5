//! The pages of the dashboard: files as they are, and one page for every address that is a person's.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, header};

use crate::{answer, home, state::Edge};

/// Finds a file of the pages by its path, such as `index.html`. With `.br` or `.gz` at its end it is the same,
/// compressed.
pub type Pages = fn(&str) -> Option<Cow<'static, [u8]>>;

/// The page that makes all the others.
const INDEX: &str = "index.html";
/// Where the files are whose names change with what is in them.
const HASHED: &str = "assets/";
/// Below these, addresses are for programs.
const OF_PROGRAMS: [&str; 3] = ["api", "hooks", "assets"];

/// What the pages may load: their own scripts and styles, and what they make themselves. Libraries set styles
/// from scripts, so that those are admitted in line.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// `/`: the dashboard, or where it was not built a page that says how it is.
pub(crate) async fn first(State(edge): State<Edge>, request: Request) -> Response {
    match edge.state.pages.and_then(|pages| answer(pages, INDEX, request.headers())) {
        Some(page) => page,
        None => home::home().into_response(),
    }
}

/// Addresses without a route: files, pages, and else nothing.
pub(crate) async fn other(State(edge): State<Edge>, request: Request) -> Response {
    let found = edge.state.pages.and_then(|pages| find(pages, &request));
    match found {
        Some(page) => page,
        None => answer::unknown_route().await.into_response(),
    }
}

fn find(pages: Pages, request: &Request) -> Option<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let (path, headers) = (request.uri().path().trim_start_matches('/'), request.headers());
    if ends_compressed(path) {
        return None;
    }
    answer(pages, path, headers).or_else(|| {
        let first = path.split('/').next().unwrap_or_default();
        let is_page = !OF_PROGRAMS.contains(&first) && wants_html(headers);
        is_page.then(|| answer(pages, INDEX, headers)).flatten()
    })
}

fn answer(pages: Pages, path: &str, headers: &HeaderMap) -> Option<Response> {
    let kind = kind(path)?;
    let compressed = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(name, end)| {
        let bytes = accepts(headers, name).then(|| pages(&format!("{path}{end}"))).flatten()?;
        Some((name, bytes))
    });
    let (encoding, bytes) = match compressed {
        Some((name, bytes)) => (Some(name), bytes),
        None => (None, pages(path)?),
    };
    let mut response = Response::new(Body::from(bytes.into_owned()));
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    let kept =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if path == INDEX {
        set.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    }
    Some(response)
}

/// The media type of a file by the end of its name; none for what is not among the pages.
fn kind(path: &str) -> Option<&'static str> {
    let (_, end) = path.rsplit_once('.')?;
    Some(match end {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

fn ends_compressed(path: &str) -> bool {
    [".br", ".gz"].iter().any(|end| path.ends_with(end))
}

/// Whether the client takes a coding. One that it names with a weight of nothing it does not take.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let given = headers.get_all(header::ACCEPT_ENCODING);
    let texts = given.iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

/// Whether a person's browser asks for a page, and no program for data.
fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(path: &str) -> Option<Cow<'static, [u8]>> {
        let bytes: &[u8] = match path {
            "index.html" => b"<!doctype html>",
            "index.html.br" => b"small",
            "assets/a.js" => b"let a;",
            "mark.svg" => b"<svg/>",
            _ => return None,
        };
        Some(Cow::Borrowed(bytes))
    }

    fn asked(method: &str, path: &str, headers: &[(&str, &str)]) -> Option<Response> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        find(pages, &request.body(Body::empty()).unwrap())
    }

    fn header_of(response: &Response, name: http::HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

    #[test]
    fn files_are_served_as_they_are() {
        let script = asked("GET", "/assets/a.js", &[]).unwrap();
        assert_eq!(header_of(&script, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert!(header_of(&script, header::CACHE_CONTROL).contains("immutable"));
        let mark = asked("HEAD", "/mark.svg", &[]).unwrap();
        assert_eq!(header_of(&mark, header::CACHE_CONTROL), "no-cache");
    }

    #[test]
    fn every_address_of_a_person_is_the_same_page() {
        for path in ["/runs", "/runs/run_1", "/settings/users"] {
            let page = asked("GET", path, &[BROWSER]).unwrap();
            assert!(
                header_of(&page, header::CONTENT_SECURITY_POLICY).contains("script-src 'self';")
            );
        }
        for path in ["/api/v1/nothing", "/hooks/x", "/assets/gone.js", "/index.html.br"] {
            assert!(asked("GET", path, &[BROWSER]).is_none(), "{path}");
        }
        assert!(asked("GET", "/runs", &[("accept", "application/json")]).is_none());
        assert!(asked("POST", "/runs", &[BROWSER]).is_none());
    }

    #[test]
    fn what_is_compressed_goes_to_who_takes_it() {
        let page = |accepts| asked("GET", "/", &[BROWSER, ("accept-encoding", accepts)]).unwrap();
        assert_eq!(header_of(&page("gzip, br"), header::CONTENT_ENCODING), "br");
        assert_eq!(header_of(&page("gzip"), header::CONTENT_ENCODING), "");
        assert_eq!(header_of(&page("br;q=0"), header::CONTENT_ENCODING), "");
        assert_eq!(header_of(&page("br;q=0.5"), header::VARY), "accept-encoding");
    }
}
