//! Under which names the server answers.
//!
//! A page of `evil.test` whose name leads to `127.0.0.1` once it is loaded (DNS rebinding) is of the
//! same origin as this server to a browser, which then lets it read every answer. The one thing that
//! such a page cannot change is the name that its requests carry.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::header;

use crate::{Problem, Site, state::Edge};

/// Refuses a request for a name that is not this server's.
pub(crate) async fn check(
    State(edge): State<Edge>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if edge.state.site.answers(&request) {
        return Ok(next.run(request).await);
    }
    let detail = "this server does not answer under the host that the request names; an address of it \
                  does, or add the host to `server.allowed_hosts`";
    Err(Problem::new("wrong_host", detail))
}

impl Site {
    /// Whether the request names a host under which the server answers.
    fn answers(&self, request: &Request) -> bool {
        let Some(hosts) = &self.hosts else { return true };
        let named = if let Some(authority) = request.uri().authority() {
            Some(authority.as_str())
        } else {
            let mut said = request.headers().get_all(header::HOST).iter();
            match (said.next(), said.next()) {
                // Browsers always say it; some probes of health do not.
                (None, _) => return true,
                (Some(host), None) => host.to_str().ok(),
                (Some(_), Some(_)) => None,
            }
        };
        let Some(host) = named.and_then(without_port) else { return false };
        let name = host.to_ascii_lowercase();
        let name = name.strip_suffix('.').unwrap_or(&name);
        // Nobody's page can have an address for its name, or `localhost`.
        is_address(name)
            || name == "localhost"
            || hosts.iter().any(|pattern| pattern.matches_host(name))
    }
}

fn is_address(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
    }
}

/// The host of `host:port`; a colon within brackets belongs to the host.
fn without_port(text: &str) -> Option<&str> {
    let after_bracket = text.rfind(']').map_or(0, |at| at + 1);
    let Some(at) = text[after_bracket..].find(':') else { return Some(text) };
    let (host, port) = text.split_at(after_bracket + at);
    port[1..].bytes().all(|byte| byte.is_ascii_digit()).then_some(host)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(uri: &str, hosts: &[&str]) -> Request {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_names_of_the_server_are_answered() {
        let patterns = ["g.example", "*.corp.example"].map(|host| host.parse().unwrap());
        let site = Site { hosts: Some(patterns.to_vec()), ..Site::default() };
        for host in [
            "localhost",
            "LOCALHOST:7400",
            "127.0.0.1:7400",
            "[::1]:7400",
            "[::1]",
            "10.0.0.7",
            "g.example",
            "G.Example.:443",
            "a.corp.example",
        ] {
            assert!(site.answers(&request("/", &[host])), "{host}");
        }
        for host in [
            "",
            "evil.test",
            "evil.test:7400",
            "localhost.evil.test",
            "evil-localhost",
            "127.0.0.1.evil.test",
            "g.example.evil.test",
            "corp.example",
            "g.example@evil.test",
            "evil.test:80:g.example",
            "[::1].evil.test",
            "::1",
            "2130706433",
            "0x7f.1",
        ] {
            assert!(!site.answers(&request("/", &[host])), "{host}");
            assert!(Site::default().answers(&request("/", &[host])), "{host}");
        }
        // What the request line names is stronger than the header.
        assert!(!site.answers(&request("http://evil.test/", &["localhost"])));
        assert!(site.answers(&request("http://localhost/", &["evil.test"])));
        assert!(!site.answers(&request("/", &["localhost", "evil.test"])), "two hosts");
        assert!(site.answers(&request("/", &[])), "a probe without a host");
    }
}
