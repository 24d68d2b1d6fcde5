//! The token that a request carries: in its header, or in the cookie that a browser keeps.

use gathering_app::{Error, Unauthenticated};
use http::{HeaderMap, header};

use crate::{Problem, cookie};

/// The token of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Given<'a> {
    /// From `Authorization: Bearer`, which no other site can make a browser send.
    Header(&'a str),
    /// From the cookie, which a browser sends whoever made it ask.
    Cookie(&'a str),
}

impl<'a> Given<'a> {
    /// The token.
    pub(crate) const fn token(&self) -> &'a str {
        match self {
            Self::Header(token) | Self::Cookie(token) => token,
        }
    }

    /// Whether it came in the cookie.
    pub(crate) const fn is_cookie(&self) -> bool {
        matches!(self, Self::Cookie(_))
    }
}

/// The token that a request carries, if any. Two that differ are refused: whoever reads the log must not
/// wonder as whom it acted.
pub(crate) fn given(headers: &HeaderMap, https: bool) -> Result<Option<Given<'_>>, Problem> {
    let (bearer, cookie) = (bearer(headers)?, cookie::read(headers, https)?);
    match (bearer, cookie) {
        (Some(bearer), Some(cookie)) if bearer != cookie => {
            let detail = "`Authorization` and the cookie carry different tokens: send one of them";
            Err(Problem::new("invalid_header", detail))
        }
        (Some(bearer), _) => Ok(Some(Given::Header(bearer))),
        (None, cookie) => Ok(cookie.map(Given::Cookie)),
    }
}

/// The token of the one `Authorization: Bearer` header. Another scheme is not for us: a proxy before the
/// server may have asked for it.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let nobody = || Problem::from(Error::Unauthenticated(Unauthenticated::NoSession));
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| nobody())?.trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim();
    match (scheme.eq_ignore_ascii_case("bearer"), given.next()) {
        (false, None) => Ok(None),
        (true, None) if !token.is_empty() => Ok(Some(token)),
        (true, None) | (_, Some(_)) => Err(nobody()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_token_comes_in_one_bearer_header_or_in_the_cookie() {
        const NOBODY: Result<Option<Given<'_>>, &str> = Err("unauthenticated");
        const TWO: Result<Option<Given<'_>>, &str> = Err("invalid_header");
        let auth = "authorization";
        let cookie = ("cookie", "gathering_session=gts_1");
        for (given, wanted) in [
            (&[(auth, "Bearer gts_1")][..], Ok(Some(Given::Header("gts_1")))),
            (&[(auth, "bearer  gts_1 ")], Ok(Some(Given::Header("gts_1")))),
            (&[], Ok(None)),
            (&[(auth, "Basic gts_1")], Ok(None)),
            (&[(auth, "gts_1")], Ok(None)),
            (&[(auth, "Bearer")], NOBODY),
            (&[(auth, "Bearer ")], NOBODY),
            (&[(auth, "Bearer a"), (auth, "Bearer b")], NOBODY),
            (&[(auth, "Bearer a"), (auth, "Basic b")], NOBODY),
            (&[cookie], Ok(Some(Given::Cookie("gts_1")))),
            (&[(auth, "Basic eA=="), cookie], Ok(Some(Given::Cookie("gts_1")))),
            (&[(auth, "Bearer gts_1"), cookie], Ok(Some(Given::Header("gts_1")))),
            (&[(auth, "Bearer gts_2"), cookie], TWO),
            (&[(auth, "Bearer gtk_1"), cookie], TWO),
            (&[(auth, "Bearer"), cookie], NOBODY),
        ] {
            let headers = headers(given);
            let read = super::given(&headers, false).map_err(|problem| problem.code());
            assert_eq!(read, wanted, "{given:?}");
        }
    }
}
