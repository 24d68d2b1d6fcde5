//! The certificate of the server: read from its files, and again when they change.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, anyhow, ensure};
use gathering_api::{Tls, TlsError};
use gathering_config::Config;

/// The largest certificate or key that is read, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;
/// How often to look whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The files of the certificate and its key, and what was last read from them.
pub(crate) struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    read: Pem,
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

    /// Looks from time to time whether the files have changed, and uses what they hold from then on.
    /// While that cannot be used, what was used before stays.
    pub(crate) async fn watch(mut self, tls: Tls) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            match self.changed().await {
                Ok(false) => {}
                Ok(true) => match tls.renew(&self.read.certificate, &self.read.key) {
                    Ok(()) => tracing::info!("renewed the certificate"),
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
