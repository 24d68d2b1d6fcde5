//! What a browser says of who made it ask, and the token that it keeps for its user.

use axum::{
    Extension,
    extract::{FromRequestParts, Request},
    response::{IntoResponse as _, Response},
};
use gathering_app::identity::{CsrfToken, SignedIn};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    Problem, Site, answer::SignedInAs, auth::SignedInView, client::Client, cookie, extract::Json,
    state::Edge,
};

/// By which a page of ours shows that it made a request.
const X_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Whoever uses the browser next finds nothing of it. Cookies are not among it: that would take those of
/// neighbours under the same domain as well.
const KEPT_BY_PAGES: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The browser that sends a request, if it is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser {
    /// Whether its cookies are for `https` alone.
    https: bool,
    /// Whether it says that a page of another site made the request.
    elsewhere: bool,
    /// The CSRF token of the session whose cookie it sent.
    csrf: Option<CsrfToken>,
    /// The token that it keeps in its cookie, whoever came by it.
    kept: Option<SecretString>,
}

/// Where a new token goes: into the body, or into a cookie.
#[derive(Debug, Clone)]
#[must_use]
pub(crate) struct Keeping {
    cookie: bool,
    https: bool,
    /// The token whose place it takes in the cookie.
    before: Option<SecretString>,
}

impl Browser {
    /// The browser of a request to a server that stands there.
    pub(crate) fn of(request: &Request, site: &Site) -> Self {
        let https = request.extensions().get::<Client>().is_some_and(|client| client.https);
        let elsewhere = is_elsewhere(request.headers(), request.uri(), https, site);
        let https = https || site.public_https();
        let kept = cookie::read(request.headers(), https).ok().flatten().map(SecretString::from);
        Self { https, elsewhere, csrf: None, kept }
    }

    /// Whether its cookies are for `https` alone: where it came over that, and where people reach the
    /// server so, whatever a proxy that nobody told us of has made of it.
    pub(crate) const fn https(&self) -> bool {
        self.https
    }

    /// Refuses a request that a page of another site made.
    pub(crate) fn require_own_page(&self) -> Result<(), Problem> {
        if self.elsewhere {
            let detail = "a page of another site made this request, by what the browser says of it";
            return Err(Problem::new("csrf_failed", detail));
        }
        Ok(())
    }

    /// Notes that the caller came by the cookie with this token.
    pub(crate) fn came_by_cookie(&mut self, token: &str) {
        self.csrf = Some(CsrfToken::of(token));
    }

    /// Refuses a request by the cookie that may change something, unless it shows the token that belongs
    /// to that.
    pub(crate) fn require_token(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<(), Problem> {
        let Some(csrf) = self.csrf.as_ref().filter(|_| !method.is_safe()) else { return Ok(()) };
        let mut shown = headers.get_all(X_CSRF_TOKEN).iter().filter_map(|it| it.to_str().ok());
        match (shown.next(), shown.next()) {
            (Some(shown), None) if csrf.fits(shown) => Ok(()),
            _ => {
                let detail = "with a cookie this needs the header `X-CSRF-Token`, with the value that \
                              the sign-in and `GET /api/v1/auth/me` tell";
                Err(Problem::new("csrf_failed", detail))
            }
        }
    }

    /// The CSRF token of a caller who came by the cookie.
    pub(crate) fn csrf(&self) -> Option<String> {
        self.csrf.as_ref().map(|csrf| csrf.as_str().to_owned())
    }

    /// Where a new token goes, if the body asks for a cookie or not. No other site may sign a browser in:
    /// its user would work in somebody else's account.
    pub(crate) fn keeping(&self, cookie: bool) -> Result<Keeping, Problem> {
        if cookie {
            self.require_own_page()?;
        }
        let before = self.kept.clone().filter(|_| cookie);
        Ok(Keeping { cookie, https: self.https, before })
    }

    /// Where a token goes that takes the place of the caller's.
    pub(crate) fn keeping_on(&self) -> Keeping {
        Keeping { cookie: self.csrf.is_some(), https: self.https, before: None }
    }

    /// Answers that the session has ended by which the caller came.
    pub(crate) fn ended(&self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        if self.csrf.is_some() {
            let headers = response.headers_mut();
            headers.insert(header::SET_COOKIE, cookie::clear(self.https));
            headers.insert(CLEAR_SITE_DATA, KEPT_BY_PAGES);
        }
        response
    }
}

impl Keeping {
    /// Answers a sign-in by which a browser may have kept another session until now: nobody can use or end
    /// that any more, so it ends.
    pub(crate) async fn replaced(
        self,
        edge: &Edge,
        status: StatusCode,
        signed_in: SignedIn,
    ) -> Result<Response, Problem> {
        if let Some(before) = &self.before {
            edge.app().identity().sign_out_of(before.expose_secret()).await?;
        }
        Ok(self.answer(edge, status, signed_in))
    }

    /// Answers a sign-in. Its token is good from the first request on, however many bad ones come from
    /// the same address.
    pub(crate) fn answer(self, edge: &Edge, status: StatusCode, signed_in: SignedIn) -> Response {
        let user = SignedInAs(signed_in.user.id);
        let token = signed_in.token.expose_secret();
        edge.rates.prove(token, edge.now());
        if !self.cookie {
            let view = SignedInView::with_token(signed_in);
            return (status, Extension(user), Json(view)).into_response();
        }
        let cookie = cookie::set(self.https, token, signed_in.lasts);
        let csrf = CsrfToken::of(token).as_str().to_owned();
        let mut response =
            (status, Extension(user), Json(SignedInView::with_cookie(signed_in, csrf)))
                .into_response();
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Without the guard there is none, and nothing is known of it: it may keep no cookie then.
        let unknown = || Self { elsewhere: true, ..Self::default() };
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(unknown))
    }
}

/// Whether a browser says that a page of another site made it ask. What says nothing is no browser of
/// these years, or sends nothing that would betray it.
fn is_elsewhere(headers: &HeaderMap, uri: &Uri, https: bool, site: &Site) -> bool {
    let sites = headers.get_all(SEC_FETCH_SITE).iter();
    // `none` is the user's own doing, such as an address that was typed.
    let foreign = |value: &HeaderValue| !matches!(value.as_bytes(), b"same-origin" | b"none");
    if sites.into_iter().any(foreign) {
        return true;
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => false,
        (Some(origin), None) => {
            let host = uri.authority().map(http::uri::Authority::as_str);
            let header = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            let host = host.or(header);
            !origin.to_str().is_ok_and(|origin| is_own(origin, host, https, site))
        }
        (Some(_), Some(_)) => true,
    }
}

/// Whether an origin is the server's own: that of its public address, or that of the very host that was
/// asked. A proxy that nobody told us of may have taken the encryption off, so over `http` either scheme
/// fits; over `https` only that.
fn is_own(origin: &str, host: Option<&str>, https: bool, site: &Site) -> bool {
    let Some((scheme, authority)) = split(origin) else { return false };
    let public = site.public_url.as_deref().and_then(split);
    if public.is_some_and(|public| public == (scheme, authority.clone())) {
        return true;
    }
    let asked = host.map(|host| without_port(scheme, host));
    asked == Some(authority) && (scheme == "https" || !https)
}

/// Scheme and authority of an origin or an address.
fn split(url: &str) -> Option<(&str, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().filter(|authority| !authority.is_empty())?;
    matches!(scheme, "http" | "https").then(|| (scheme, without_port(scheme, authority)))
}

/// An authority in lower case, without the port that its scheme has anyway.
fn without_port(scheme: &str, authority: &str) -> String {
    let usual = if scheme == "https" { ":443" } else { ":80" };
    authority.strip_suffix(usual).unwrap_or(authority).to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
