//! How the server stands in its network: who reaches it, and with which certificate.

use std::{fs, os::unix::fs::PermissionsExt as _};

use gathering_config::{Config, values::PublicUrl};
use gathering_domain::Clock as _;

use super::Check;
use crate::{
    ambient::SystemClock,
    commands::serve::is_exposed,
    tls::{Says, Standing, TlsFiles},
};

/// Who reaches the server, and whether what they say is encrypted.
pub(super) fn listen(config: &Config) -> Check {
    let name = "network";
    let server = &config.server;
    let address = server.listen;
    if is_exposed(config, address) {
        let found = format!("others reach `{address}`, where nothing is encrypted");
        let hint = "set `server.tls_certificate` and `server.tls_key`, or name the proxies that encrypt in \
                    `server.trusted_proxies`";
        return Check::doubtful(name, found, hint);
    }
    let how = if server.tls_certificate.is_some() {
        "encrypted"
    } else if address.ip().is_loopback() {
        "for this machine alone"
    } else {
        "behind proxies"
    };
    Check::good(name, format!("`{address}`, {how}"))
}

/// Whether the certificate can be used, now and for a while; nothing without one.
pub(super) fn certificate(config: &Config) -> Option<Check> {
    let name = "certificate";
    let files = match TlsFiles::load(config) {
        Ok(None) => return None,
        Ok(Some((_, files))) => files,
        Err(error) => {
            let hint = "mend or change the files: the server does not start";
            return Some(Check::bad(name, format!("{error:#}"), hint));
        }
    };
    let Some(says) = files.says() else {
        let hint = "`openssl x509 -text` may say more";
        return Some(Check::doubtful(name, "cannot be read further than its key", hint));
    };
    Some(judged(name, config, &says))
}

fn judged(name: &'static str, config: &Config, says: &Says) -> Check {
    let now = SystemClock.now();
    let (names, ends, days) = (says.shown_names(), says.ends.to_rfc3339(), says.days_left(now));
    let hint = "renew it: the server takes up the files when they change";
    match says.standing(now) {
        Standing::Ended => {
            return Check::bad(name, format!("for {names}: expired at {ends}"), hint);
        }
        Standing::NotYet => {
            let begins = says.begins.to_rfc3339();
            let found = format!("for {names}: not valid before {begins}");
            return Check::bad(
                name,
                found,
                "set the clock of this host, or use another certificate",
            );
        }
        Standing::EndsSoon => {
            let found = format!("for {names}: expires in {days} days, at {ends}");
            return Check::doubtful(name, found, hint);
        }
        Standing::Valid => {}
    }
    if let Some(host) = config.server.public_url.as_ref().map(PublicUrl::host)
        && !says.is_for(host)
    {
        let found = format!("for {names}, and not for `{host}` of `server.public_url`");
        return Check::doubtful(name, found, "use one that names it, unless a proxy has one");
    }
    if let Some(key) = config.server.tls_key.as_ref()
        && fs::metadata(key).is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
    {
        let shown = key.display();
        let hint = format!("chmod o= {shown}");
        return Check::bad(name, format!("everybody on this host can read `{shown}`"), hint);
    }
    Check::good(name, format!("for {names}, for {days} days more, until {ends}"))
}
