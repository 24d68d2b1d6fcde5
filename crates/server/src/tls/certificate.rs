//! What a chain of certificates says of itself: for which names it is, and from when to when.

use std::net::IpAddr;

use gathering_domain::{Duration, Timestamp};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use x509_cert::{
    Certificate,
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
    time::Time,
};

const SECONDS_OF_DAY: u64 = 24 * 3600;
/// Time before its end in which a certificate is warned of.
const SOON: Duration = Duration::from_secs(14 * SECONDS_OF_DAY);
/// The most names of a certificate that are shown.
const NAMES_SHOWN: usize = 10;

/// What a chain says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Says {
    /// For which names and addresses the first of the chain is.
    pub(crate) names: Vec<String>,
    /// From when on all of the chain are valid.
    pub(crate) begins: Timestamp,
    /// When the first of the chain to end has ended.
    pub(crate) ends: Timestamp,
}

/// Whether a chain is valid at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Valid,
    /// For less than [`SOON`].
    EndsSoon,
    Ended,
    NotYet,
}

impl Says {
    /// What a chain in PEM form says; `None` where it cannot be read that far.
    pub(crate) fn of(pem: &[u8]) -> Option<Self> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
        let chain: Vec<Certificate> =
            chain.iter().map(|der| Certificate::from_der(der)).collect::<Result<_, _>>().ok()?;
        let validity = |one: &Certificate| one.tbs_certificate.validity;
        Some(Self {
            names: names(chain.first()?),
            begins: chain.iter().map(|one| at(validity(one).not_before)).max()?,
            ends: chain.iter().map(|one| at(validity(one).not_after)).min()?,
        })
    }

    /// How it stands now.
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        if now < self.begins {
            Standing::NotYet
        } else if now > self.ends {
            Standing::Ended
        } else if now + SOON > self.ends {
            Standing::EndsSoon
        } else {
            Standing::Valid
        }
    }

    /// Whole days from now to its end; none of them after it.
    pub(crate) fn days_left(&self, now: Timestamp) -> u64 {
        self.ends.since(now).micros() / (SECONDS_OF_DAY * 1_000_000)
    }

    /// Whether it is for this host. A `*` stands for one label, the first (RFC 6125, 6.4.3).
    pub(crate) fn is_for(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_lowercase();
        let fits =
            |name: &String| match (name.to_lowercase().strip_prefix("*."), host.split_once('.')) {
                (Some(rest), Some((_, of_host))) => rest == of_host,
                (Some(_), None) => false,
                (None, _) => name.eq_ignore_ascii_case(&host),
            };
        self.names.iter().any(fits)
    }

    /// The names for people.
    pub(crate) fn shown_names(&self) -> String {
        match self.names.split_at_checked(NAMES_SHOWN) {
            _ if self.names.is_empty() => "no name".to_owned(),
            Some((shown, more)) if !more.is_empty() => {
                format!("{} and {} more", shown.join(", "), more.len())
            }
            _ => self.names.join(", "),
        }
    }
}

fn at(time: Time) -> Timestamp {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

fn names(certificate: &Certificate) -> Vec<String> {
    let Ok(Some((_, SubjectAltName(names)))) = certificate.tbs_certificate.get() else {
        return Vec::new();
    };
    let name = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()),
        _ => None,
    };
    names.iter().filter_map(name).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let short = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let address = short.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
    address.ok().map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use gathering_testkit::Certificate as Made;

    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn of_names(names: &[&str]) -> Says {
        let at = Timestamp::from_micros(0);
        Says { names: names.iter().map(|name| (*name).to_owned()).collect(), begins: at, ends: at }
    }

    #[test]
    fn a_chain_ends_with_the_first_of_it_to_end() {
        let long = Made::self_signed("long");
        let short = Made::valid("short", ["250101000000Z", "260101000000Z"]);
        let chain = format!("{}{}", long.pem, short.pem);
        let says = Says::of(chain.as_bytes()).unwrap();
        assert_eq!(says.names, ["localhost", "127.0.0.1"]);
        assert_eq!(says.begins, time("2025-01-01T00:00:00Z"));
        assert_eq!(says.ends, time("2026-01-01T00:00:00Z"));
        for (now, standing, days) in [
            ("2024-12-31T23:59:59Z", Standing::NotYet, 365),
            ("2025-01-01T00:00:00Z", Standing::Valid, 365),
            ("2025-12-18T00:00:00Z", Standing::Valid, 14),
            ("2025-12-18T00:00:01Z", Standing::EndsSoon, 13),
            ("2026-01-01T00:00:00Z", Standing::EndsSoon, 0),
            ("2026-01-01T00:00:01Z", Standing::Ended, 0),
        ] {
            assert_eq!((says.standing(time(now)), says.days_left(time(now))), (standing, days));
        }
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert_eq!(Says::of(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let says = of_names(&["a.test", "*.B.test", "::1"]);
        for (host, is) in [
            ("a.test", true),
            ("A.Test", true),
            ("x.b.test", true),
            ("[::1]", true),
            ("b.test", false),
            ("x.y.b.test", false),
            ("x.a.test", false),
        ] {
            assert_eq!(says.is_for(host), is, "{host}");
        }
    }

    #[test]
    fn many_names_are_cut() {
        let names: Vec<_> = (0..12).map(|name| format!("n{name}.test")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert!(of_names(&names).shown_names().ends_with("n9.test and 2 more"));
        assert!(of_names(&names[..10]).shown_names().ends_with("n9.test"));
        assert_eq!(of_names(&[]).shown_names(), "no name");
    }
}
