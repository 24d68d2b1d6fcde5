//! Hostile URLs: none of them, asked or led to, reaches the listener that waits for them.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{FutureExt as _, future};
use gathering_domain::{Advice, Failure};
use gathering_egress::{
    Egress, EgressError, EgressErrorKind, EgressRequest, Resolver, Resolving, Sent,
};

use crate::server::{Act, Server, answer, policy};

const INVALID: &str = "invalid_url";
const BLOCKED: &str = "egress_blocked";

/// What nobody may ask for, and the code of the refusal. `PORT` is the port of the waiting listener.
const HOSTILE: &[(&str, &str)] = &[
    // This host, in many notations.
    ("http://127.0.0.1:PORT/", BLOCKED),
    ("http://127.1:PORT/", INVALID),
    ("http://127.0.1:PORT/", INVALID),
    ("http://127.1.2.3:PORT/", BLOCKED),
    ("http://2130706433:PORT/", INVALID),
    ("http://0x7f000001:PORT/", INVALID),
    ("http://0x7f.0.0.1:PORT/", INVALID),
    ("http://0X7F.1:PORT/", INVALID),
    ("http://0177.0.0.1:PORT/", INVALID),
    ("http://017700000001:PORT/", INVALID),
    ("http://127.0.0.1.:PORT/", INVALID),
    ("http://0:PORT/", INVALID),
    ("http://0.0.0.0:PORT/", BLOCKED),
    ("http://0x0:PORT/", INVALID),
    ("http://127.0.0.256:PORT/", INVALID),
    ("http://127.000.000.001:PORT/", INVALID),
    ("http://%31%32%37.0.0.1:PORT/", INVALID),
    ("http://127%2e0%2e0%2e1:PORT/", INVALID),
    ("http://１２７.0.0.1:PORT/", INVALID),
    ("http://①②⑦.⓪.⓪.①:PORT/", INVALID),
    ("http://127。0。0。1:PORT/", INVALID),
    ("http://localhost:PORT/", BLOCKED),
    ("http://LOCALHOST:PORT/", BLOCKED),
    ("http://localhost.:PORT/", BLOCKED),
    ("http://loc%61lhost:PORT/", INVALID),
    ("http://[::1]:PORT/", BLOCKED),
    ("http://[0:0:0:0:0:0:0:1]:PORT/", BLOCKED),
    ("http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/", BLOCKED),
    ("http://[::]:PORT/", BLOCKED),
    ("http://[::ffff:127.0.0.1]:PORT/", BLOCKED),
    ("http://[::ffff:7f00:1]:PORT/", BLOCKED),
    ("http://[::ffff:8.8.8.8]:PORT/", BLOCKED),
    ("http://[::127.0.0.1]:PORT/", BLOCKED),
    ("http://[::ffff:0:127.0.0.1]:PORT/", BLOCKED),
    ("http://[64:ff9b::127.0.0.1]:PORT/", BLOCKED),
    ("http://[64:ff9b:1::7f00:1]:PORT/", BLOCKED),
    ("http://[2002:7f00:1::]:PORT/", BLOCKED),
    ("http://[2001:0:7f00:1::]:PORT/", BLOCKED),
    ("http://[fe80::1%25lo]:PORT/", INVALID),
    ("http://[fe80::1]:PORT/", BLOCKED),
    ("http://[fc00::1]:PORT/", BLOCKED),
    ("http://[fd00:ec2::254]/latest/meta-data/", BLOCKED),
    ("http://[ff02::1]:PORT/", BLOCKED),
    ("http://[::ffff:0177.0.0.1]:PORT/", INVALID),
    ("http://[::ffff:0:7f00:1]:PORT/", BLOCKED),
    ("http://[0:0:0:0:0:ffff:7f00:0001]:PORT/", BLOCKED),
    ("http://[64:ff9b::a9fe:a9fe]/", BLOCKED),
    ("http://[2001:0000:4136:e378:8000:63bf:80ff:fffe]:PORT/", BLOCKED),
    ("http://[2606:4700::5efe:7f00:1]:PORT/", BLOCKED),
    ("http://[::1%25eth0]:PORT/", INVALID),
    ("http://[fe80::1%eth0]:PORT/", INVALID),
    ("http://[v1.fe80]:PORT/", INVALID),
    ("http://[::1:PORT/", INVALID),
    ("http://::1:PORT/", INVALID),
    ("http://127.0.0.1%00.example.com:PORT/", INVALID),
    ("http://0x7f.0x0.0x0.0x1:PORT/", INVALID),
    ("http://00000177.0.0.1:PORT/", INVALID),
    ("http://0x7f000001.:PORT/", INVALID),
    ("http://4294967297:PORT/", INVALID),
    ("http://0x17f000001:PORT/", INVALID),
    ("http://127.0.0.1..:PORT/", INVALID),
    ("http://.127.0.0.1:PORT/", INVALID),
    ("http://127｡0｡0｡1:PORT/", INVALID),
    ("http://１６９．２５４．１６９．２５４/", INVALID),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/", INVALID),
    ("http://ｌｏｃａｌｈｏｓｔ:PORT/", INVALID),
    ("http://loc\u{ad}alhost:PORT/", INVALID),
    ("http://127.0.0.1\u{200b}:PORT/", INVALID),
    ("http://localhost.localdomain:PORT/", BLOCKED),
    ("http://a.localhost:PORT/", BLOCKED),
    ("http://ip6-localhost:PORT/", BLOCKED),
    ("http://127.0.0.1.nip.example:PORT/", BLOCKED),
    // Private networks and metadata services.
    ("http://10.0.0.1/", BLOCKED),
    ("http://172.16.0.1/", BLOCKED),
    ("http://172.31.255.255/", BLOCKED),
    ("http://192.168.0.1/", BLOCKED),
    ("http://100.64.0.1/", BLOCKED),
    ("http://100.100.100.200/latest/meta-data/", BLOCKED),
    ("http://169.254.169.254/latest/meta-data/", BLOCKED),
    ("http://169.254.170.2/v2/credentials", BLOCKED),
    ("http://2852039166/latest/meta-data/", INVALID),
    ("http://0xa9fea9fe/", INVALID),
    ("http://0251.0376.0251.0376/", INVALID),
    ("http://[::ffff:169.254.169.254]/", BLOCKED),
    ("http://168.63.129.16/machine", BLOCKED),
    ("http://192.0.0.192/opc/v2/", BLOCKED),
    ("http://198.18.0.1/", BLOCKED),
    ("http://224.0.0.1/", BLOCKED),
    ("http://240.0.0.1/", BLOCKED),
    ("http://255.255.255.255/", BLOCKED),
    ("http://100.127.255.254/", BLOCKED),
    ("http://169.254.0.1/", BLOCKED),
    ("http://192.0.2.1/", BLOCKED),
    ("http://198.51.100.1/", BLOCKED),
    ("http://203.0.113.1/", BLOCKED),
    ("http://198.19.255.254/", BLOCKED),
    ("http://192.88.99.1/", BLOCKED),
    ("http://239.255.255.250/", BLOCKED),
    ("http://[fd20:ce::254]/computeMetadata/v1/", BLOCKED),
    ("http://[fd12:3456::1]/", BLOCKED),
    ("http://[fec0::1]/", BLOCKED),
    ("http://[2001:db8::1]/", BLOCKED),
    ("http://[3fff::1]/", BLOCKED),
    ("http://[100::1]/", BLOCKED),
    ("http://[2001:2::1]/", BLOCKED),
    ("http://[5f00::1]/", BLOCKED),
    ("http://metadata.google.internal/computeMetadata/v1/", BLOCKED),
    ("http://metadata/", BLOCKED),
    ("http://instance-data.ec2.internal/latest/", BLOCKED),
    ("http://metadata.azure.internal/", BLOCKED),
    ("http://kubernetes.default.svc/", BLOCKED),
    // Users and disguises in the authority.
    ("http://example.com@127.0.0.1:PORT/", INVALID),
    ("http://127.0.0.1:PORT@example.com/", INVALID),
    ("http://user:hunter2@example.com/", INVALID),
    ("http://example.com#@127.0.0.1:PORT/", BLOCKED),
    ("http://127.0.0.1:PORT\\@example.com/", INVALID),
    ("http:\\\\127.0.0.1:PORT\\", INVALID),
    ("http:/127.0.0.1:PORT/", INVALID),
    ("http:127.0.0.1:PORT/", INVALID),
    ("http:///127.0.0.1:PORT/", INVALID),
    ("http://127.0.0.1:PORT\t/", INVALID),
    ("http://127.0.0.1\n:PORT/", INVALID),
    (" http://127.0.0.1:PORT/", INVALID),
    ("http://127.0.0.1 :PORT/", INVALID),
    ("http://example..com/", INVALID),
    ("http://example.com:0/", INVALID),
    ("http://example.com:99999/", INVALID),
    ("http://⟦secret:HOST⟧/", INVALID),
    ("http://user@example.com/", INVALID),
    ("http://:@127.0.0.1:PORT/", INVALID),
    ("http://@127.0.0.1:PORT/", INVALID),
    ("http://example.com%40127.0.0.1:PORT/", INVALID),
    ("http://example.com\u{0}@127.0.0.1:PORT/", INVALID),
    ("http://127.0.0.1:PORT%2f@example.com/", INVALID),
    ("http://127.0.0.1:PORT\r\nHost: x/", INVALID),
    ("http://127.0.0.1\u{b}:PORT/", INVALID),
    ("http://127.0.0.1\u{a0}:PORT/", INVALID),
    ("http://127.0.0.1\u{2028}:PORT/", INVALID),
    ("http://example.com:-1/", INVALID),
    ("http://example.com:65536/", INVALID),
    ("http://example.com:80:80/", INVALID),
    ("http://*.example.com/", INVALID),
    ("http://exa mple.com/", INVALID),
    ("http://<127.0.0.1>:PORT/", INVALID),
    // Other schemes, and no URL at all.
    ("file:///etc/passwd", INVALID),
    ("ftp://example.com/", INVALID),
    ("gopher://127.0.0.1:PORT/_GET", INVALID),
    ("data:text/plain,hello", INVALID),
    ("javascript:alert(1)", INVALID),
    ("unix:/var/run/docker.sock", INVALID),
    ("//127.0.0.1:PORT/", INVALID),
    ("127.0.0.1:PORT", INVALID),
    ("/etc/passwd", INVALID),
    ("http://", INVALID),
    ("", INVALID),
    ("ws://127.0.0.1:PORT/", INVALID),
    ("https+unix://127.0.0.1:PORT/", INVALID),
    ("dict://127.0.0.1:PORT/info", INVALID),
    ("ldap://127.0.0.1:PORT/", INVALID),
    ("jar:http://127.0.0.1:PORT!/", INVALID),
    ("view-source:http://127.0.0.1:PORT/", INVALID),
    ("blob:http://127.0.0.1:PORT/x", INVALID),
    ("about:blank", INVALID),
    ("HTTP//127.0.0.1:PORT/", INVALID),
    ("http;//127.0.0.1:PORT/", INVALID),
    ("ⓗttp://127.0.0.1:PORT/", INVALID),
];

/// Says of every name where the worst of them leads, as a hostile name server would.
struct Hostile;

impl Resolver for Hostile {
    fn resolve(&self, host: &str) -> Resolving {
        let address: IpAddr = match host {
            "metadata.google.internal" | "metadata" | "metadata.azure.internal" => {
                "169.254.169.254"
            }
            "instance-data.ec2.internal" => "fd00:ec2::254",
            "kubernetes.default.svc" => "10.96.0.1",
            _ => "127.0.0.1",
        }
        .parse()
        .unwrap();
        future::ready(Ok(vec![address])).boxed()
    }
}

/// A client that could reach the listener if it took any of the hosts for anything else than it is.
fn egress(rules: &[&str]) -> Egress {
    Egress::builder().policy(policy(rules)).resolver(Arc::new(Hostile)).build()
}

#[tokio::test]
async fn hostile_urls_reach_nothing_and_were_certainly_not_sent() {
    assert!(HOSTILE.len() >= 60);
    let waiting = Server::saying(answer("200 OK", "", "reached")).await;
    let port = waiting.address.port().to_string();
    let egress = egress(&[]);
    for (text, code) in HOSTILE {
        let url = text.replace("PORT", &port);
        let error = egress.send(EgressRequest::get(&url)).await.expect_err(&url);
        assert_eq!((error.kind.code(), error.sent), (*code, Sent::No), "{url:?}: {error:?}");
        assert!(!format!("{error:?} {}", error.story()).contains("hunter2"), "{error}");
        assert_eq!(Failure::from(error).advice, Advice::Fail, "{url:?}");
    }
    assert_eq!(waiting.connections(), 0);
}

#[tokio::test]
async fn redirects_to_hostile_urls_reach_nothing() {
    let waiting = Server::saying(answer("200 OK", "", "reached")).await;
    let port = waiting.address.port().to_string();
    let location = move |asked: &str| {
        let row: usize = asked["GET /".len()..].split(' ').next().unwrap().parse().unwrap();
        HOSTILE[row].0.replace("PORT", &port)
    };
    let front = Server::start(move |asked| {
        let head = format!("location: {}\r\n", location(asked));
        vec![Act::Say(answer("302 Found", &head, ""))]
    })
    .await;
    let egress = egress(&[&format!("front.example:{}", front.address.port())]);
    let mut tried = 0;
    for (row, (text, code)) in HOSTILE.iter().enumerate() {
        // Nothing that ends a header, and no reference within the front itself.
        let is_header = !text.chars().any(|c| c.is_control() && c != '\t');
        let scheme = text.trim().split_once(':').map_or("", |(scheme, _)| scheme);
        let has_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let leads_away = has_scheme || text.starts_with("//");
        if !is_header || !leads_away {
            continue;
        }
        let url = front.named("front.example", &format!("/{row}"));
        let error = egress.send(EgressRequest::get(url)).await.expect_err(text);
        let found = error.kind.code();
        // What is not ASCII is no location at all, the space around a header's value is not of it, and
        // a location needs no scheme.
        let fits = found == *code
            || !text.is_ascii() && found == "redirect_refused"
            || (text.starts_with(' ') || text.starts_with("//")) && found == BLOCKED;
        assert!(fits, "{text:?}: {error:?}");
        assert_eq!(error.advice(), Advice::Fail, "a read changed nothing");
        tried += 1;
    }
    assert!(tried >= 60, "{tried}");
    assert_eq!((front.requests().len(), waiting.connections()), (tried, 0));
}

/// Answers every second question with the address of the waiting listener.
#[derive(Default)]
struct Rebinding {
    lookups: AtomicUsize,
}

/// Where the name leads at the check, and where it leads afterwards.
const CHECKED: &str = "127.0.0.2";
const PRIVATE: &str = "127.0.0.1";

impl Resolver for Rebinding {
    fn resolve(&self, _: &str) -> Resolving {
        let at = self.lookups.fetch_add(1, Ordering::SeqCst);
        let address = if at.is_multiple_of(2) { CHECKED } else { PRIVATE };
        future::ready(Ok(vec![address.parse().unwrap()])).boxed()
    }
}

/// A client as one writes it without thought: looks at the name's address, then asks for the name.
async fn careless(resolver: &Rebinding, port: u16) -> io::Result<()> {
    let checked = resolver.resolve("rebind.example").await?;
    assert_eq!(checked, [CHECKED.parse::<IpAddr>().unwrap()], "the check is content");
    let connected = resolver.resolve("rebind.example").await?[0];
    tokio::net::TcpStream::connect((connected, port)).await.map(drop)
}

#[tokio::test]
async fn a_rebinding_name_is_connected_only_where_it_was_checked() {
    let private = Server::saying(answer("200 OK", "", "private")).await;
    let port = private.address.port();
    // The same port of another address of this host stands for the public one.
    let public = Server::start_at(format!("{CHECKED}:{port}").parse().unwrap(), |_| {
        vec![Act::Say(answer("200 OK", "connection: close\r\n", "public"))]
    })
    .await;
    let resolver = Arc::new(Rebinding::default());
    let range = format!("{CHECKED}/32");
    let egress =
        Egress::builder().resolver(Arc::clone(&resolver) as _).policy(policy(&[&range])).build();
    let mut answered = 0;
    for turn in 0..50 {
        let request = EgressRequest::get(private.named("rebind.example", "/"));
        match egress.send(request).await {
            Ok(answer) => {
                assert_eq!(answer.bytes().await.unwrap(), "public");
                answered += 1;
            }
            Err(EgressError { kind: EgressErrorKind::AddressRefused { .. }, sent, .. }) => {
                assert_eq!(sent, Sent::No);
            }
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(resolver.lookups.load(Ordering::SeqCst), turn + 1, "one look per connection");
    }
    assert_eq!((answered, public.connections(), private.connections()), (25, 25, 0));
    // What this test would see of a client that asks twice.
    careless(&resolver, port).await.unwrap();
    while private.connections() == 0 {
        tokio::task::yield_now().await;
    }
}
