//! Every configuration key there is, by section.

use std::{net::SocketAddr, path::PathBuf};

use gathering_domain::{Duration, HostPattern, IpRange};

use crate::{
    key::Key,
    reader::Reader,
    section::{Section, section},
    setting::Setting,
    values::{
        BearerToken, ByteSize, DatabaseUrl, EmailAddress, HttpHeaders, KeepTime, LogFilter,
        LogFormat, MailEncryption, MailHost, MailPassword, MailUser, MasterKey, Origin, Password,
        PrivatePlace, ProxyHeader, PublicUrl, RateLimit, Ratio, ServiceName,
    },
};

section! {
    /// Where the server listens and keeps its files.
    Server("server") {
        /// Address and port that the HTTP server listens on.
        listen: SocketAddr = "127.0.0.1:7400";
        /// Directory of the embedded store and of every other file that the server keeps.
        /// It is created if it is missing. A relative path starts at the working directory.
        data_dir: PathBuf = "./gathering-data";
        /// Address under which people and other systems reach this server, used in links.
        /// Without one, the set-up link has the address that the server listens on, and links of
        /// invitations and for new passwords begin with `/`: whoever hands them over puts the address
        /// before it under which they reach the server.
        public_url: Option<PublicUrl>;
        /// Hosts under which this server answers beside `localhost`, its addresses and the host of
        /// `public_url`. A server that listens on this machine alone answers under no others, so that no
        /// web page can lead its own name here; others answer under any, unless some are listed.
        allowed_hosts: Vec<HostPattern> = "";
        /// Origins of web pages that may call the API with a token, beside the server's own. Cookies of
        /// people count for none of them.
        cors_origins: Vec<Origin> = "";
        /// PEM file with the certificate of this server, and those that vouch for it after it. With
        /// one, the server speaks `https` alone. It is read again when it changes.
        tls_certificate: Option<PathBuf>;
        /// PEM file with the private key of the certificate.
        tls_key: Option<PathBuf>;
        /// Addresses of the proxies that stand before this server. What they say of a client, its
        /// address and whether it came over `https`, is believed; of all others it is ignored.
        trusted_proxies: Vec<IpRange> = "";
        /// Where these proxies say it: in `X-Forwarded-For` and `X-Forwarded-Proto`, or in `Forwarded`
        /// (RFC 7239). The other one is ignored, because a proxy lets through what it does not write.
        proxy_header: ProxyHeader = "x-forwarded-for";
        /// How long everything is still served after the server is told to stop, while `/readyz`
        /// already says that it is not ready: as long as a load balancer takes to see that.
        drain_delay: Duration = "0s", "0s" to "10m";
    }
}

section! {
    /// Which database holds the store.
    Database("database") {
        /// PostgreSQL database to use instead of the embedded SQLite store in the data directory.
        /// Several instances may share one.
        url: Option<DatabaseUrl>;
    }
}

section! {
    /// How runs are worked on.
    Worker("worker") {
        /// Runs that this instance works on at the same time.
        /// A run that waits for a timer, a signal or a person does not count.
        max_concurrent_runs: u32 = "1000", "1" to "100000";
        /// Runs of one project that all instances together work on at the same time; 0 for any number.
        /// A run that waits does not count. Holds for runs that are accepted from then on.
        max_concurrent_runs_per_project: u32 = "0", "0" to "100000";
        /// Time that running work gets to finish after the server is told to stop.
        grace_time: Duration = "20s", "0s" to "10m";
        /// Silence after which another instance counts as dead and its runs are taken over.
        takeover_silence: Duration = "4s", "2s" to "5m";
        /// How often to look for runnable work that no notification announced.
        poll_interval: Duration = "1s", "50ms" to "1m";
    }
}

section! {
    /// How long things are kept that are over. Each is a day or more, or `off`: it is kept for ever.
    Retention("retention") {
        /// Runs, from their end: with their journals, artifacts, approvals and effects, and with the runs
        /// that they started. A run stays while an outcome of it is unknown, and while it answers a
        /// message of a thread.
        runs: KeepTime = "90d";
        /// Threads, from their last message, with the runs that answer them: those go at the earliest
        /// when runs do.
        threads: KeepTime = "off";
        /// What became of each slot of a schedule.
        fires: KeepTime = "90d";
        /// Deliveries to webhooks, from when they were sent last.
        deliveries: KeepTime = "30d";
        /// Idempotency keys, from their first use. A request with one that is gone is a new request.
        idempotency_keys: KeepTime = "30d";
    }
}

section! {
    /// What outgoing requests of tools, actions and model providers may reach.
    Egress("egress") {
        /// Hosts and ranges of addresses that may be reached although they are private.
        /// All that is not listed here and not public is refused.
        allow_private: Vec<PrivatePlace> = "";
    }
}

section! {
    /// The mail server through which notifications go. Without one there are no channels of type `email`.
    Smtp("smtp") {
        /// Name or address of the mail server. It may be a private one.
        host: Option<MailHost>;
        /// Its port.
        port: u32 = "587", "1" to "65535";
        /// How the connection is encrypted: `starttls` begins in the clear and goes no further unless the
        /// server encrypts, `tls` is encrypted from the first byte, `none` not at all.
        tls: MailEncryption = "starttls";
        /// Name to sign in with.
        user: Option<MailUser>;
        /// Password to sign in with.
        password: Option<MailPassword>;
        /// Address that messages come from.
        from: Option<EmailAddress>;
    }
}

section! {
    /// How models are paid for.
    Models("models") {
        /// TOML file with prices of models, added to the shipped table and stronger than it: a `date`,
        /// and `[[price]]` rows with `provider` (its kind), `model` (a trailing `*` stands for any
        /// ending), and dollars per million tokens as `input`, `output`, `cache_read`, `cache_write`;
        /// `max_output` bounds answers under a cost limit. It is read at the start.
        prices: Option<PathBuf>;
    }
}

section! {
    /// Bounds on what a client may send, and on how slow it may be.
    Limits("limits") {
        /// Largest body of a request.
        body_size: ByteSize = "1MiB", "1KiB" to "64MiB";
        /// Deepest nesting of a JSON body.
        json_depth: u32 = "64", "8" to "120";
        /// Time within which the whole body of a request must have arrived.
        body_time: Duration = "10s", "1s" to "5m";
        /// Time within which the head of a request must have arrived, and the encryption of a
        /// connection must be agreed on.
        head_time: Duration = "10s", "1s" to "5m";
        /// Time that a connection is kept for its next request. Longer than that of a proxy before
        /// the server, so that it is the proxy that closes.
        idle_time: Duration = "1m15s", "1s" to "1h";
        /// Time that a client may take nothing of an answer, or of a stream of events, before its
        /// connection is cut.
        stall_time: Duration = "30s", "1s" to "10m";
    }
}

section! {
    /// How often a caller, an address or an account may ask of one instance: so many in a time, and
    /// after a rest so many at once; or `off`.
    Rates("rates") {
        /// Requests of one caller that look something up.
        read: RateLimit = "100/s burst 500";
        /// Requests of one caller that change something.
        write: RateLimit = "20/s burst 200";
        /// Streams of events that one caller opens.
        stream: RateLimit = "5/s burst 50";
        /// Requests of one caller that start runs, or call models or tools.
        expensive: RateLimit = "10/s burst 200";
        /// Set-ups and sign-ins of one address; of IPv6 a whole /64 counts as one.
        sign_in: RateLimit = "10/m burst 30";
        /// Requests of one address to hooks; of IPv6 a whole /64 counts as one.
        hook: RateLimit = "50/s burst 500";
        /// Requests of one address that need a token and have no valid one.
        no_token: RateLimit = "10/s burst 300";
        /// Failed sign-ins of one address to one account.
        failed_pair: RateLimit = "10/h";
        /// Failed sign-ins to one account, of all addresses from which it has not signed in lately.
        failed_account: RateLimit = "30/h";
        /// Failed sign-ins to all accounts, of all addresses from which they have not signed in lately; a
        /// quarter of it for one IPv6 /48.
        failed_total: RateLimit = "60/m burst 600";
    }
}

section! {
    /// How long a sign-in lasts.
    Sessions("sessions") {
        /// Time without a request after which a session ends.
        idle_time: Duration = "7d", "5m" to "365d";
        /// Time after which a session ends, however much it is used.
        longest_time: Duration = "30d", "5m" to "365d";
    }
}

section! {
    /// What the server writes about its own work.
    Log("log") {
        /// Form of the log lines.
        format: LogFormat = "text";
        /// What is logged: a level, or levels by module such as `info,gathering_worker=debug`.
        level: LogFilter = "info";
    }
}

section! {
    /// Figures for Prometheus, at `/metrics`. They are nowhere unless one of these is set.
    Metrics("metrics") {
        /// Address and port of a listener that serves `/metrics` and nothing else, without TLS.
        listen: Option<SocketAddr>;
        /// Token that `Authorization: Bearer` must carry. With one, `/metrics` is there beside the API
        /// as well; the listener of its own, if there is one, asks for it, too.
        token: Option<BearerToken>;
    }
}

section! {
    /// Traces for OpenTelemetry. The variables that OpenTelemetry's own kits read (`OTEL_…`) are not
    /// read here.
    Telemetry("telemetry") {
        /// Where an OTLP receiver takes traces by HTTP (protobuf): its address up to `/v1/traces`, which
        /// is appended unless it is there. Without one, no traces are made.
        otlp_endpoint: Option<PublicUrl>;
        /// Headers of each request to the receiver: names and values, parted by commas.
        otlp_headers: Option<HttpHeaders>;
        /// What this server is called in traces (`service.name`).
        service_name: ServiceName = "gathering";
        /// The share of traces that are kept: of requests, and of runs that no kept request began.
        sample_ratio: Ratio = "1";
    }
}

section! {
    /// How stored secrets are protected.
    Secrets("secrets") {
        /// Key that encrypts stored secrets. Without one, the server makes one at its first start
        /// and keeps it in the data directory, readable by its own user alone.
        key: Option<MasterKey>;
        /// Keys that still open what is sealed under them. To go over to another key, give it to every
        /// instance as `secrets.key` with the one before in this list, run `gathering secrets rotate`,
        /// and take the list away.
        old_keys: Vec<MasterKey> = "";
    }
}

section! {
    /// How the audit trail is kept.
    Audit("audit") {
        /// How often the ends of all chains of the trail are signed, if they have grown. What is newer
        /// than the last signature can be changed unnoticed by whoever can write to the database.
        checkpoint_interval: Duration = "1m", "1s" to "1h";
    }
}

section! {
    /// The first owner, for a start without a person. Used only while no user exists.
    Bootstrap("bootstrap") {
        /// E-mail address of the first owner.
        owner: Option<EmailAddress>;
        /// Password of the first owner.
        password: Option<Password>;
    }
}

/// Declares the whole: the sections in order.
macro_rules! config {
    ($($field:ident: $Section:ident),+ $(,)?) => {
        /// The configuration in force, typed and within its bounds.
        #[derive(Debug, Clone)]
        pub struct Config {
            $(
                #[doc = concat!("Section `", stringify!($field), "`.")]
                pub $field: $Section,
            )+
        }

        impl Config {
            /// Name, meaning and keys of every section.
            pub(crate) fn sections() -> Vec<(&'static str, &'static str, &'static [Key])> {
                vec![$(($Section::NAME, $Section::DOC, $Section::KEYS)),+]
            }

            /// Takes every section, so that all faults are noted before any ends the reading.
            pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
                $( let $field = $Section::read(reader); )+
                Some(Self { $( $field: $field?, )+ })
            }
        }
    };
}

config! {
    server: Server,
    database: Database,
    worker: Worker,
    retention: Retention,
    egress: Egress,
    smtp: Smtp,
    models: Models,
    limits: Limits,
    sessions: Sessions,
    rates: Rates,
    log: Log,
    metrics: Metrics,
    telemetry: Telemetry,
    secrets: Secrets,
    audit: Audit,
    bootstrap: Bootstrap,
}

impl Config {
    /// Rules between keys: the key that breaks one, and what it lacks.
    pub(crate) fn contradictions(&self) -> Vec<(&'static str, &'static str)> {
        let (server, bootstrap, smtp) = (&self.server, &self.bootstrap, &self.smtp);
        [
            (
                (bootstrap.owner.is_some(), bootstrap.password.is_some()),
                ("bootstrap.owner", "needs `bootstrap.password` besides it"),
                ("bootstrap.password", "needs `bootstrap.owner` besides it"),
            ),
            (
                (server.tls_certificate.is_some(), server.tls_key.is_some()),
                ("server.tls_certificate", "needs `server.tls_key` besides it"),
                ("server.tls_key", "needs `server.tls_certificate` besides it"),
            ),
            (
                (smtp.host.is_some(), smtp.from.is_some()),
                ("smtp.host", "needs `smtp.from` besides it"),
                ("smtp.from", "needs `smtp.host` besides it"),
            ),
            (
                (smtp.user.is_some(), smtp.password.is_some()),
                ("smtp.user", "needs `smtp.password` besides it"),
                ("smtp.password", "needs `smtp.user` besides it"),
            ),
        ]
        .into_iter()
        .filter_map(|(set, without_second, without_first)| match set {
            (true, false) => Some(without_second),
            (false, true) => Some(without_first),
            (false, false) | (true, true) => None,
        })
        .collect()
    }
}
