//! Who is taken for a page of ours.

use http::HeaderValue;

use super::*;

fn headers(given: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let name = name.parse::<HeaderName>().unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn what_a_browser_says_decides_who_asked() {
    let site = Site { public_url: Some("https://team.example/at/".to_owned()), ..Site::default() };
    let (host, origin, fetch) = ("host", "origin", "sec-fetch-site");
    for (given, https, elsewhere) in [
        // Programs say nothing.
        (&[(host, "a:7400")][..], false, false),
        // What was typed, and what a page of ours asks for.
        (&[(fetch, "none")], false, false),
        (&[(fetch, "same-origin")], false, false),
        // A neighbour under the same domain is another site: it gets the cookie sent all the same.
        (&[(fetch, "same-site")], false, true),
        (&[(fetch, "cross-site")], false, true),
        (&[(fetch, "Same-Origin")], false, true),
        (&[(fetch, "")], false, true),
        (&[(fetch, "same-origin"), (fetch, "cross-site")], false, true),
        // The host that was asked.
        (&[(host, "a:7400"), (origin, "http://a:7400")], false, false),
        (&[(host, "A:7400"), (origin, "http://a:7400")], false, false),
        (&[(host, "a"), (origin, "http://a:80")], false, false),
        (&[(host, "a:443"), (origin, "https://a")], true, false),
        (&[(host, "a:7400"), (origin, "http://a")], false, true),
        (&[(host, "a:7400"), (origin, "http://a:7401")], false, true),
        (&[(host, "a:7400"), (origin, "http://b:7400")], false, true),
        (&[(host, "a.b"), (origin, "http://x.a.b")], false, true),
        (&[(host, "a.b"), (origin, "http://a.b.evil.example")], false, true),
        (&[(host, "a"), (origin, "http://evil@a")], false, true),
        // A proxy may have taken the encryption off; nobody puts it on.
        (&[(host, "a"), (origin, "https://a")], false, false),
        (&[(host, "a"), (origin, "http://a")], true, true),
        // The public address, whatever a proxy made of the host.
        (&[(host, "inner:7400"), (origin, "https://team.example")], true, false),
        (&[(host, "inner:7400"), (origin, "https://team.example")], false, false),
        (&[(host, "inner:7400"), (origin, "http://team.example")], false, true),
        (&[(host, "inner:7400"), (origin, "https://team.example:8443")], true, true),
        // No origin at all.
        (&[(host, "a"), (origin, "null")], false, true),
        (&[(host, "a"), (origin, "")], false, true),
        (&[(host, "a"), (origin, "ftp://a")], false, true),
        (&[(host, "a"), (origin, "a")], false, true),
        (&[(origin, "http://a")], false, true),
        (&[(host, "a"), (origin, "http://a"), (origin, "http://evil")], false, true),
        // Either of them is enough.
        (&[(host, "a"), (origin, "http://a"), (fetch, "cross-site")], false, true),
        (&[(host, "a"), (origin, "http://b"), (fetch, "same-origin")], false, true),
    ] {
        let uri = Uri::from_static("/api/v1/auth/me");
        assert_eq!(is_elsewhere(&headers(given), &uri, https, &site), elsewhere, "{given:?}");
    }
    // HTTP/2 names the host in the address.
    let uri = Uri::from_static("https://a/api/v1/auth/me");
    let page = headers(&[("origin", "https://a")]);
    assert!(!is_elsewhere(&page, &uri, true, &site));
}

#[test]
fn a_change_by_cookie_shows_the_token_of_its_session() {
    let [own, other] = ["gts_1", "gts_2"].map(|token| CsrfToken::of(token).as_str().to_owned());
    let header = "x-csrf-token";
    for (method, given, admitted) in [
        (Method::POST, &[(header, own.as_str())][..], true),
        (Method::DELETE, &[(header, &own)], true),
        (Method::POST, &[], false),
        (Method::PUT, &[(header, "")], false),
        (Method::PATCH, &[(header, &other)], false),
        (Method::DELETE, &[(header, "gts_1")], false),
        (Method::POST, &[(header, &own), (header, &own)], false),
        (Method::POST, &[(header, &own[1..])], false),
        (Method::GET, &[], true),
        (Method::HEAD, &[], true),
    ] {
        let mut browser = Browser::default();
        assert!(browser.require_token(&method, &headers(given)).is_ok(), "only with a cookie");
        browser.came_by_cookie("gts_1");
        let refused = browser.require_token(&method, &headers(given)).err().map(|it| it.code());
        assert_eq!(refused, (!admitted).then_some("csrf_failed"), "{method} {given:?}");
    }
}
