//! The cookie in which a browser keeps the token of its session.

use gathering_domain::Duration;
use http::{HeaderMap, HeaderValue, header};

use crate::Problem;

/// Its name over `https`. Browsers take one of this name only from this very host, encrypted, for all
/// paths: no neighbour can plant it.
const SECURE: &str = "__Host-gathering";
/// Its name where there is no encryption, as on the machine itself.
const PLAIN: &str = "gathering_session";

const fn name(https: bool) -> &'static str {
    if https { SECURE } else { PLAIN }
}

/// The token that a request's cookie carries, if one came. Two that differ are refused: one of them was
/// planted.
pub(crate) fn read(headers: &HeaderMap, https: bool) -> Result<Option<&str>, Problem> {
    let name = name(https);
    // HTTP/2 may send each cookie in a header of its own.
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    let mut own = pairs.filter(|pair| pair.0.trim() == name).map(|(_, value)| value.trim());
    let first = own.next().filter(|value| !value.is_empty());
    if own.any(|other| Some(other) != first) {
        let detail = format!("there are two cookies `{name}` that differ: remove both");
        return Err(Problem::new("invalid_header", detail));
    }
    Ok(first)
}

/// Sets the cookie: no script reads it, no other site has it sent, and it goes when the session ends.
pub(crate) fn set(https: bool, token: &str, lasts: Duration) -> HeaderValue {
    write(https, token, lasts.micros() / 1_000_000)
}

/// Takes the cookie back.
pub(crate) fn clear(https: bool) -> HeaderValue {
    write(https, "", 0)
}

fn write(https: bool, value: &str, seconds: u64) -> HeaderValue {
    let (name, secure) = (name(https), if https { "; Secure" } else { "" });
    let text =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut header = HeaderValue::try_from(text).expect("a token is letters, digits, `-` and `_`");
    header.set_sensitive(true);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_cookie_of_the_scheme_is_read() {
        let told = |cookies: &[&str], https| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(header::COOKIE, cookie.parse().unwrap());
            }
            read(&headers, https).map(|it| it.map(str::to_owned)).map_err(|it| it.code())
        };
        let one = || Ok(Some("gts_1".to_owned()));
        for (cookies, https, wanted) in [
            (&["gathering_session=gts_1"][..], false, one()),
            (&["a=b; gathering_session=gts_1;c=d"], false, one()),
            (&["a=b", "gathering_session=gts_1"], false, one()),
            (&["gathering_session=gts_1; gathering_session=gts_1"], false, one()),
            (&["__Host-gathering=gts_1"], true, one()),
            (&["__Host-gathering=gts_1; gathering_session=gts_2"], true, one()),
            (&["__Host-gathering=gts_2; gathering_session=gts_1"], false, one()),
            (&["gathering_session=gts_1"], true, Ok(None)),
            (&["__Host-gathering=gts_1"], false, Ok(None)),
            (&["gathering_session="], false, Ok(None)),
            (&["gathering_session"], false, Ok(None)),
            (&["Gathering_Session=gts_1"], false, Ok(None)),
            (&[], false, Ok(None)),
            (&["gathering_session=gts_1; gathering_session=gts_2"], false, Err("invalid_header")),
            (&["gathering_session=gts_1", "gathering_session=gts_2"], false, Err("invalid_header")),
        ] {
            assert_eq!(told(cookies, https), wanted, "{cookies:?} {https}");
        }
    }

    #[test]
    fn what_is_set_is_safe_and_ends() {
        let plain = set(false, "gts_1", Duration::from_secs(60));
        assert_eq!(
            plain.to_str().unwrap(),
            "gathering_session=gts_1; Path=/; Max-Age=60; HttpOnly; SameSite=Strict"
        );
        let cleared = clear(true);
        assert_eq!(
            cleared.to_str().unwrap(),
            "__Host-gathering=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
        );
        assert!(plain.is_sensitive());
    }
}
