//! Every way of showing something that is no good: no route may take it.

use gathering_app::identity::CsrfToken;
use gathering_domain::{Permission, UserId};

use super::{row::Row, world::World};

/// The largest head, in bytes, that a test of the router's own refusal goes beyond.
const BEYOND_HEAD: usize = 40 * 1024;

/// What a request shows, and how it is answered.
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) query: String,
    wanted: Wanted,
}

/// How a route for callers answers.
#[derive(Clone, Copy)]
enum Wanted {
    /// With this, whatever it is asked.
    Always(u16, &'static str),
    /// With this if the request may change something, and else as it does for whoever may.
    IfUnsafe(u16, &'static str),
}

impl Shown {
    fn new(name: &str, headers: Vec<(&'static str, String)>, wanted: Wanted) -> Self {
        Self { name: name.to_owned(), headers, query: String::new(), wanted }
    }

    /// Status and code with which a route answers.
    pub(crate) fn expects(&self, row: &Row) -> (u16, &'static str) {
        match self.wanted {
            // What is wrong with the head is wrong for all.
            Wanted::Always(status @ 431, code) => (status, code),
            _ if !row.is_guarded() => row.to_nobody(),
            Wanted::IfUnsafe(..) if row.looks() => (row.answer, row.code()),
            Wanted::Always(status, code) | Wanted::IfUnsafe(status, code) => (status, code),
        }
    }
}

const NOBODY: Wanted = Wanted::Always(401, "unauthenticated");
const TWO: Wanted = Wanted::Always(400, "invalid_header");
const NOT_OURS: Wanted = Wanted::Always(403, "csrf_failed");
const UNPROVEN: Wanted = Wanted::IfUnsafe(403, "csrf_failed");
const AUTHORIZATION: &str = "authorization";
const COOKIE: &str = "cookie";

fn bearer(token: &str) -> (&'static str, String) {
    (AUTHORIZATION, format!("Bearer {token}"))
}

fn cookie(token: &str) -> (&'static str, String) {
    (COOKIE, format!("gathering_session={token}"))
}

impl World {
    /// Everything that is no good, though `owner` may do everything.
    pub(crate) async fn shown(&self, owner: UserId) -> Vec<Shown> {
        let ended = self.ended().await;
        let (session, key) =
            (self.session(owner).await.1, self.key(owner, self.one, Permission::ALL).await.1);
        let other = self.session(owner).await.1;
        let mut shown = Vec::new();
        let mut add = |name: &str, headers: Vec<_>, wanted| {
            shown.push(Shown::new(name, headers, wanted));
        };
        for (name, token) in &ended {
            add(name, vec![bearer(token)], NOBODY);
            let csrf = CsrfToken::of(token).as_str().to_owned();
            add(
                &format!("{name}, in a cookie"),
                vec![cookie(token), ("x-csrf-token", csrf)],
                NOBODY,
            );
        }
        for (kind, token) in [("a session", &session), ("a key", &key)] {
            for (what, text) in spoiled(token) {
                add(&format!("{kind}, {what}"), vec![bearer(&text)], NOBODY);
            }
            add(&format!("{kind}, twice"), vec![bearer(token), bearer(token)], NOBODY);
            for scheme in ["Basic", "Token", "BearerToken"] {
                let header = (AUTHORIZATION, format!("{scheme} {token}"));
                add(&format!("{kind}, by {scheme}"), vec![header], NOBODY);
            }
            add(&format!("{kind}, without a scheme"), vec![(AUTHORIZATION, token.clone())], NOBODY);
            let basic = (AUTHORIZATION, "Basic eDp5".to_owned());
            add(&format!("{kind}, and Basic"), vec![bearer(token), basic], NOBODY);
            for name in ["x-api-key", "proxy-authorization"] {
                let header = (name, format!("Bearer {token}"));
                add(&format!("{kind}, in {name}"), vec![header], NOBODY);
            }
            let large = format!("{token}{}", "A".repeat(BEYOND_HEAD));
            add(
                &format!("{kind}, too large for a head"),
                vec![bearer(&large)],
                Wanted::Always(431, "headers_too_large"),
            );
        }
        for prefix in ["gts_", "gtk_", "gtu_", "gti_", "gtp_", "xyz_"] {
            let forged = self.token(prefix).0;
            add(&format!("a forged {prefix}"), vec![bearer(&forged)], NOBODY);
            add(&format!("a forged {prefix} in a cookie"), vec![cookie(&forged)], NOBODY);
        }
        add("Bearer and nothing", vec![(AUTHORIZATION, "Bearer".to_owned())], NOBODY);
        add("an empty token", vec![(AUTHORIZATION, "Bearer ".to_owned())], NOBODY);
        add("an empty header", vec![(AUTHORIZATION, String::new())], NOBODY);
        add("an empty cookie", vec![cookie("")], NOBODY);
        add(
            "the cookie of https without it",
            vec![(COOKIE, format!("__Host-gathering={session}"))],
            NOBODY,
        );
        let csrf = || ("x-csrf-token", CsrfToken::of(&session).as_str().to_owned());
        add(
            "a key in a cookie",
            vec![cookie(&key), ("x-csrf-token", CsrfToken::of(&key).as_str().to_owned())],
            NOBODY,
        );
        add("a cookie and another token", vec![cookie(&session), bearer(&other)], TWO);
        add("two cookies", vec![cookie(&session), cookie(&other)], TWO);
        add(
            "a cookie and an empty token",
            vec![cookie(&session), (AUTHORIZATION, "Bearer ".to_owned()), csrf()],
            NOBODY,
        );
        add(
            "a cookie from another site",
            vec![cookie(&session), csrf(), ("sec-fetch-site", "cross-site".to_owned())],
            NOT_OURS,
        );
        add(
            "a cookie from a neighbour",
            vec![cookie(&session), csrf(), ("origin", "http://evil.test".to_owned())],
            NOT_OURS,
        );
        add("a cookie without its proof", vec![cookie(&session)], UNPROVEN);
        add(
            "a cookie with an empty proof",
            vec![cookie(&session), ("x-csrf-token", String::new())],
            UNPROVEN,
        );
        add(
            "a cookie with another's proof",
            vec![cookie(&session), ("x-csrf-token", CsrfToken::of(&other).as_str().to_owned())],
            UNPROVEN,
        );
        add("a cookie with its proof twice", vec![cookie(&session), csrf(), csrf()], UNPROVEN);
        for name in ["access_token", "token", "api_key"] {
            let query = format!("?{name}={key}");
            shown.push(Shown {
                query,
                ..Shown::new(&format!("a key as `{name}` in the query"), vec![], NOBODY)
            });
        }
        shown
    }
}

/// A token with something wrong, in every way that keeps most of it.
fn spoiled(token: &str) -> Vec<(&'static str, String)> {
    let (prefix, rest) = token.split_at(4);
    let last = if token.ends_with('A') { 'B' } else { 'A' };
    vec![
        ("truncated", token[..token.len() - 1].to_owned()),
        ("half", token[..token.len() / 2].to_owned()),
        ("its prefix alone", prefix.to_owned()),
        ("without its prefix", rest.to_owned()),
        ("one letter longer", format!("{token}A")),
        ("with something before", format!("A{token}")),
        ("with its last letter changed", format!("{}{last}", &token[..token.len() - 1])),
        ("in capitals", token.to_ascii_uppercase()),
        ("in quotes", format!("\"{token}\"")),
        ("padded as Base64 is", format!("{token}=")),
        ("followed by another", format!("{token} {token}")),
        ("with a letter beyond ASCII", format!("{token}\u{e9}")),
        ("of nine thousand letters", format!("{token}{}", "A".repeat(9 * 1024))),
    ]
}
