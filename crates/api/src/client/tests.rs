//! Tables of what clients and proxies say, and who is believed.

use http::{HeaderName, HeaderValue};

use super::*;

const CLIENT: &str = "203.0.113.9";

fn site(header: ProxyHeader) -> Site {
    let trusted_proxies = ["10.0.0.0/8", "2001:db8:1::/48"].map(|range| range.parse().unwrap());
    let trusted_proxies = trusted_proxies.to_vec();
    Site { trusted_proxies, proxy_header: header, ..Site::default() }
}

fn client(peer: &str, headers: &[(&str, &str)], site: &Site) -> (String, bool) {
    let header = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
    };
    let mut map = HeaderMap::new();
    headers.iter().map(header).for_each(|(name, value)| {
        map.append(name, value);
    });
    let peer = Peer { address: peer.parse().unwrap(), tls: false };
    let Client { address, https } = Client::of(Some(peer), &map, site);
    (address.to_string(), https)
}

#[test]
fn an_address_is_read_from_the_end_past_trusted_proxies() {
    let site = site(ProxyHeader::XForwarded);
    let far = format!("{CLIENT}{}", ", 10.0.0.9".repeat(HOPS_MAX));
    for (what, peer, lines, found) in [
        ("no proxy, no header", CLIENT, &[][..], CLIENT),
        ("a client that claims to be another", CLIENT, &["10.0.0.1"], CLIENT),
        ("a client that claims a chain", CLIENT, &["1.1.1.1, 10.0.0.1"], CLIENT),
        ("a proxy without the header", "10.0.0.1", &[], "10.0.0.1"),
        ("a proxy", "10.0.0.1", &[CLIENT], CLIENT),
        ("a proxy, mapped", "::ffff:10.0.0.1", &[CLIENT], CLIENT),
        ("a client, mapped", "10.0.0.1", &["::ffff:203.0.113.9"], CLIENT),
        ("two proxies", "10.0.0.1", &["203.0.113.9, 10.0.0.2"], CLIENT),
        ("two proxies in lines", "10.0.0.1", &[CLIENT, "10.0.0.2"], CLIENT),
        ("a spoofed first item", "10.0.0.1", &["1.1.1.1, 203.0.113.9"], CLIENT),
        ("a spoofed first line", "10.0.0.1", &["1.1.1.1", CLIENT], CLIENT),
        ("a spoofed trusted item", "10.0.0.1", &["1.1.1.1, 10.0.0.7, 203.0.113.9"], CLIENT),
        ("rubbish before the client", "10.0.0.1", &["\" ;<script>, 203.0.113.9"], CLIENT),
        ("rubbish instead of the client", "10.0.0.1", &["203.0.113.9, rubbish"], "10.0.0.1"),
        ("rubbish behind a proxy", "10.0.0.1", &["203.0.113.9, x, 10.0.0.2"], "10.0.0.2"),
        ("nothing in an item", "10.0.0.1", &["203.0.113.9, "], "10.0.0.1"),
        ("an empty header", "10.0.0.1", &[""], "10.0.0.1"),
        ("`unknown`", "10.0.0.1", &["unknown"], "10.0.0.1"),
        ("a proxy that is the client", "10.0.0.1", &["10.0.0.5"], "10.0.0.5"),
        ("a port", "10.0.0.1", &["203.0.113.9:4711"], CLIENT),
        ("no port", "10.0.0.1", &["203.0.113.9:"], "10.0.0.1"),
        ("a port that is a word", "10.0.0.1", &["203.0.113.9:http"], "10.0.0.1"),
        ("IPv6", "2001:db8:1::1", &["2001:db8:2::9"], "2001:db8:2::9"),
        ("IPv6 in brackets", "10.0.0.1", &["[2001:db8:2::9]:80"], "2001:db8:2::9"),
        ("half a bracket", "10.0.0.1", &["[2001:db8:2::9"], "10.0.0.1"),
        ("a zone", "10.0.0.1", &["fe80::1%eth0"], "10.0.0.1"),
        ("octal", "10.0.0.1", &["0313.0.113.9"], "10.0.0.1"),
        ("more hops than are followed", "10.0.0.1", &[far.as_str()], "10.0.0.9"),
    ] {
        let headers: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
        assert_eq!(client(peer, &headers, &site).0, found, "{what}");
        // The header that this proxy does not write is the client's own.
        let own = [("forwarded", "for=1.1.1.1;proto=https")];
        let both = [&headers[..], &own].concat();
        assert_eq!(client(peer, &both, &site), (found.to_owned(), false), "{what}");
    }
}

#[test]
fn forwarded_is_read_by_its_grammar() {
    let site = site(ProxyHeader::Forwarded);
    for (lines, found, https) in [
        (&["for=203.0.113.9"][..], CLIENT, false),
        (&["For=203.0.113.9;Proto=https;by=10.0.0.1"], CLIENT, true),
        (&["proto=https ; for=\"203.0.113.9:80\" "], CLIENT, true),
        (&["for=\"[2001:db8:2::9]:80\""], "2001:db8:2::9", false),
        (&["for=203.0.113.9;proto=https, for=10.0.0.2;proto=http"], CLIENT, true),
        (&["for=203.0.113.9;proto=https", "for=10.0.0.2"], CLIENT, true),
        (&["for=1.1.1.1, for=203.0.113.9"], CLIENT, false),
        (&["for=1.1.1.1;proto=https, for=203.0.113.9;proto=http"], CLIENT, false),
        (&["for=_hidden"], "10.0.0.1", false),
        (&["for=unknown;proto=https"], "10.0.0.1", true),
        (&["for=1.1.1.1, for=_hidden"], "10.0.0.1", false),
        (&["by=10.0.0.1"], "10.0.0.1", false),
        // A quote that a client left open swallows what the proxies wrote: nobody is believed.
        (&["for=\"1.1.1.1, for=203.0.113.9"], "10.0.0.1", false),
        (&["for=\"x, for=\"[2001:db8:2::9]\""], "10.0.0.1", false),
        (&["for=\"x\\, for=\"[2001:db8:2::9]\""], "10.0.0.1", false),
        (&["for=\"x", "for=203.0.113.9"], CLIENT, false),
        (&["for=\"1.1.1.1, for=2.2.2.2\", for=203.0.113.9"], CLIENT, false),
        (&["for=203.0.113.9;for=1.1.1.1"], "10.0.0.1", false),
        (&["for=203.0.113.9;proto=http;proto=https"], "10.0.0.1", false),
        (&["203.0.113.9"], "10.0.0.1", false),
        (&[""], "10.0.0.1", false),
    ] {
        let headers: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
        assert_eq!(client("10.0.0.1", &headers, &site), (found.to_owned(), https), "{lines:?}");
        assert_eq!(client(CLIENT, &headers, &site), (CLIENT.to_owned(), false), "{lines:?}");
        let both = [&headers[..], &[("x-forwarded-for", "1.1.1.1")]].concat();
        assert_eq!(client("10.0.0.1", &both, &site).0, found, "{lines:?}");
    }
}

#[test]
fn a_scheme_is_that_of_the_client_s_own_hop() {
    let plain = site(ProxyHeader::XForwarded);
    let public = Site { public_url: Some("https://g.example".to_owned()), ..plain.clone() };
    for (peer, addresses, schemes, https, https_of_public) in [
        (CLIENT, CLIENT, "https", false, false),
        ("10.0.0.1", CLIENT, "https", true, true),
        ("10.0.0.1", CLIENT, "HTTPS", true, true),
        ("10.0.0.1", CLIENT, "http", false, false),
        ("10.0.0.1", CLIENT, "wss", false, true),
        ("10.0.0.1", CLIENT, "https, http", false, false),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "https, http", true, true),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "https", true, true),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "http, https, http", true, true),
    ] {
        let headers = [("x-forwarded-for", addresses), ("x-forwarded-proto", schemes)];
        let case = (peer, addresses, schemes);
        assert_eq!(client(peer, &headers, &plain).1, https, "{case:?}");
        assert_eq!(client(peer, &headers, &public).1, https_of_public, "{case:?}");
    }
    assert!(client("10.0.0.1", &[("x-forwarded-proto", "https")], &plain).1);
    assert!(client("10.0.0.1", &[], &public).1 && !client(CLIENT, &[], &public).1);
    let tls = Peer { address: CLIENT.parse().unwrap(), tls: true };
    assert!(Client::of(Some(tls), &HeaderMap::new(), &plain).https);
    assert_eq!(Client::of(None, &HeaderMap::new(), &plain).address.to_string(), "::");
}
