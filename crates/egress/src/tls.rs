//! TLS: whom to believe, and with which cryptography.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Certificates that are believed besides the public ones.
#[derive(Debug, Clone, Default)]
pub struct RootCertificates(Vec<CertificateDer<'static>>);

/// Text that holds no certificate, or one that cannot be a root.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCertificate {
    /// Not PEM.
    #[error("could not read the root certificates as PEM")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// Not a certificate that can be a root.
    #[error("could not take a certificate as a root")]
    Root(#[source] rustls::Error),
    /// Nothing there.
    #[error("the text holds no certificate")]
    Empty,
}

impl RootCertificates {
    /// Reads certificates in PEM, for instance a company's own authority.
    pub fn from_pem(pem: &[u8]) -> Result<Self, InvalidCertificate> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(InvalidCertificate::Pem)?;
        if certificates.is_empty() {
            return Err(InvalidCertificate::Empty);
        }
        let mut probe = RootCertStore::empty();
        for certificate in &certificates {
            probe.add(certificate.clone()).map_err(InvalidCertificate::Root)?;
        }
        Ok(Self(certificates))
    }

    /// Each of them, as it is.
    pub(crate) fn each_der(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|certificate| &**certificate)
    }
}

/// The one configuration of all clients: ring, public roots and those of the operator, no client
/// certificate.
pub(crate) fn client_config(more: &RootCertificates) -> ClientConfig {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in &more.0 {
        // A certificate that cannot be a root was refused when it was read.
        let _ = roots.add(certificate.clone());
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
