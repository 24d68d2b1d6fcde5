//! Encrypted connections: a certificate that can be renewed while they are served.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::{
    Error as RustlsError, InconsistentKeys, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsAcceptor;

/// What is spoken within, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What encrypts connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    current: Arc<Current>,
}

/// The certificate in force, with its key.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate is at fault.
    #[error("could not read a chain of certificates in PEM form")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no certificate.
    #[error("there is no certificate in PEM form")]
    NoCertificate,
    /// The key is at fault.
    #[error("could not read a private key in PEM form that is not encrypted")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// They do not belong together.
    #[error("the private key is not that of the certificate")]
    Mismatch,
    /// There is no encryption.
    #[error("could not set up TLS")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Tls {
    /// Encrypts with this chain of certificates, the server's own first, and its key; both as PEM.
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let certified = certified(certificates, key, &provider)?;
        let current = Arc::new(Current(RwLock::new(Arc::new(certified))));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| TlsError::Unavailable(error.into()))?;
        let resolver = Arc::clone(&current) as Arc<dyn ResolvesServerCert>;
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self { config: Arc::new(config), current })
    }

    /// Uses another certificate from the next connection on. Those that are open go on.
    pub fn renew(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let certified = certified(certificates, key, self.config.crypto_provider())?;
        let mut current = self.current.0.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(certified);
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(
    certificates: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| TlsError::Certificate(error.into()))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Key(error.into()))?;
    let key = provider.key_provider.load_private_key(key);
    let certified = CertifiedKey::new(chain, key.map_err(|error| TlsError::Key(error.into()))?);
    match certified.keys_match() {
        Ok(()) | Err(RustlsError::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(RustlsError::InconsistentKeys(_)) => Err(TlsError::Mismatch),
        Err(error) => Err(TlsError::Certificate(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use gathering_testkit::Certificate;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_told_apart() {
        let (one, other) = (Certificate::self_signed("one"), Certificate::self_signed("other"));
        let new = |certificate: &str, key: &str| {
            Tls::new(certificate.as_bytes(), key.as_bytes()).map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(new(&one.pem, &one.key_pem), Ok(()));
        assert_eq!(new(&format!("{}{}", one.pem, other.pem), &one.key_pem), Ok(()));
        let broken = one.pem.replace("-----END", "=-----END");
        let not_x509 = one.key_pem.replace("PRIVATE KEY", "CERTIFICATE");
        let encrypted = one.key_pem.replace("PRIVATE", "ENCRYPTED PRIVATE");
        let not_a_key = one.pem.replace("CERTIFICATE", "PRIVATE KEY");
        for (certificate, key, fault) in [
            ("", &one.key_pem, "there is no certificate"),
            (&one.key_pem, &one.key_pem, "there is no certificate"),
            (&broken, &one.key_pem, "a chain of certificates"),
            (&not_x509, &one.key_pem, "a chain of certificates"),
            (&one.pem, &String::new(), "a private key"),
            (&one.pem, &encrypted, "a private key"),
            (&one.pem, &not_a_key, "a private key"),
            (&one.pem, &other.key_pem, "not that of the certificate"),
        ] {
            let said = new(certificate, key).unwrap_err();
            assert!(said.contains(fault), "{said}, not {fault}");
        }
        let tls = Tls::new(one.pem.as_bytes(), one.key_pem.as_bytes()).unwrap();
        assert!(tls.renew(other.pem.as_bytes(), one.key_pem.as_bytes()).is_err());
        assert!(tls.renew(other.pem.as_bytes(), other.key_pem.as_bytes()).is_ok());
    }
}
