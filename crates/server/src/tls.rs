//! The certificate of the server: read from its files, and again when they change.

mod certificate;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, anyhow, ensure};
use gathering_api::{Tls, TlsError};
use gathering_config::Config;
use gathering_domain::{Clock as _, Duration as Span, Timestamp};

pub(crate) use self::certificate::{Says, Standing};
use crate::{ambient::SystemClock, metrics::Metrics};

/// The largest certificate or key that is read, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;
/// How often to look whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often the log is told again how a certificate stands.
const TELL_EVERY: Span = Span::from_secs(24 * 3600);

/// The files of the certificate and its key, and what was last read from them.
pub(crate) struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    read: Pem,
}

/// The certificate that connections are encrypted with.
pub(crate) struct InForce {
    says: Option<Says>,
    told_at: Timestamp,
}

/// What the two files hold.
#[derive(PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl TlsFiles {
    /// The encryption that the configuration asks for, with the files that it comes from.
    pub(crate) fn load(config: &Config) -> anyhow::Result<Option<(Tls, Self)>> {
        let server = &config.server;
        let (Some(certificate), Some(key)) = (&server.tls_certificate, &server.tls_key) else {
            return Ok(None);
        };
        let read = Pem::read(certificate, key)?;
        let files = Self { certificate: certificate.clone(), key: key.clone(), read };
        let tls = Tls::new(&files.read.certificate, &files.read.key);
        let tls = tls.map_err(|error| files.at_fault(error))?;
        Ok(Some((tls, files)))
    }

    /// What the certificate says of itself, as far as it can be read.
    pub(crate) fn says(&self) -> Option<Says> {
        Says::of(&self.read.certificate)
    }

    /// The certificate that is in force from now on; tells the figures when it ends.
    pub(crate) fn in_force(&self, metrics: &Metrics) -> InForce {
        let says = self.says();
        metrics.certificate_ends(says.as_ref().map(|says| says.ends));
        let in_force = InForce { says, told_at: SystemClock.now() };
        in_force.tell();
        in_force
    }

    /// Looks from time to time whether the files have changed, and uses what they hold from then on.
    /// While that cannot be used, what was used before stays.
    pub(crate) async fn watch(mut self, tls: Tls, mut in_force: InForce, metrics: Arc<Metrics>) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            in_force.tell_again();
            match self.changed().await {
                Ok(false) => {}
                Ok(true) => match tls.renew(&self.read.certificate, &self.read.key) {
                    Ok(()) => {
                        tracing::info!("renewed the certificate");
                        in_force = self.in_force(&metrics);
                    }
                    // Of a pair, one file is written before the other.
                    Err(error) => {
                        let error = format!("{:#}", self.at_fault(error));
                        tracing::warn!(error, "could not renew the certificate");
                    }
                },
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(error, "could not look whether the certificate has changed");
                }
            }
        }
    }

    /// Reads the files, and answers whether they hold something else than before.
    async fn changed(&mut self) -> anyhow::Result<bool> {
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        let read = tokio::task::spawn_blocking(move || Pem::read(&certificate, &key)).await??;
        let changed = read != self.read;
        self.read = read;
        Ok(changed)
    }

    /// The fault, with the file that it is in.
    fn at_fault(&self, error: TlsError) -> anyhow::Error {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let place = match &error {
            TlsError::Certificate(_) | TlsError::NoCertificate => {
                format!("could not use server.tls_certificate `{certificate}`")
            }
            TlsError::Key(_) => format!("could not use server.tls_key `{key}`"),
            TlsError::Mismatch => {
                format!("could not use server.tls_key `{key}` with `{certificate}`")
            }
            TlsError::Unavailable(_) => "could not encrypt connections".to_owned(),
        };
        anyhow!(error).context(place)
    }
}

impl InForce {
    /// Tells the log how it stands.
    fn tell(&self) {
        let Some(says) = &self.says else {
            tracing::warn!("could not read until when the certificate is valid");
            return;
        };
        let (names, ends) = (says.shown_names(), says.ends.to_rfc3339());
        let days_left = says.days_left(self.told_at);
        match says.standing(self.told_at) {
            Standing::Valid => tracing::info!(names, ends, days_left, "the certificate is valid"),
            Standing::EndsSoon => {
                tracing::warn!(names, ends, days_left, "the certificate expires soon: renew it");
            }
            Standing::Ended => {
                tracing::warn!(names, ends, "the certificate has expired: clients refuse it");
            }
            Standing::NotYet => {
                let begins = says.begins.to_rfc3339();
                tracing::warn!(
                    names,
                    begins,
                    "the certificate is not valid yet: clients refuse it"
                );
            }
        }
    }

    /// The same once a day.
    fn tell_again(&mut self) {
        let now = SystemClock.now();
        if now.since(self.told_at) >= TELL_EVERY {
            self.told_at = now;
            self.tell();
        }
    }
}

impl Pem {
    fn read(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let read = |name: &str, path: &Path| {
            bounded(path).with_context(|| format!("could not read {name} `{}`", path.display()))
        };
        Ok(Self {
            certificate: read("server.tls_certificate", certificate)?,
            key: read("server.tls_key", key)?,
        })
    }
}

fn bounded(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    ensure!(u64::try_from(bytes.len()).is_ok_and(|bytes| bytes <= BYTES_MAX), "more than 1 MiB");
    Ok(bytes)
}
