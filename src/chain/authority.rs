//! Certificate authorities of one's own.
//!
//! A provider may be pinned to one: then no other authority's word is taken for it, not even those that the system trusts. There
//! is no way to trust a certificate without an authority.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::error::ChainError;
use super::http::client::install_crypto;
use crate::core::class::Class;

/// The authorities of a PEM file; at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Authority(Arc<Vec<Vec<u8>>>);

/// Why there is no authority.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAuthority {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// It holds no certificate, or one that is none.
    #[error("the file holds no certificates in PEM (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
}

impl Authority {
    /// Reads a PEM file.
    ///
    /// # Errors
    /// [`NotAnAuthority`].
    pub fn read(path: &Path) -> Result<Self, NotAnAuthority> {
        let pem = std::fs::read(path).map_err(|error| NotAnAuthority::Unreadable(error.kind()))?;
        Self::from_pem(&pem)
    }

    /// Reads PEM.
    ///
    /// # Errors
    /// [`NotAnAuthority::NoCertificate`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, NotAnAuthority> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|_| NotAnAuthority::NoCertificate)?;
        let mut store = RootCertStore::empty();
        let (_, unusable) = store.add_parsable_certificates(certificates.iter().cloned());
        if certificates.is_empty() || unusable > 0 {
            return Err(NotAnAuthority::NoCertificate);
        }
        Ok(Self(Arc::new(certificates.iter().map(|certificate| certificate.to_vec()).collect())))
    }

    /// The certificates for the HTTP client.
    pub(super) fn certificates(&self) -> Result<Vec<reqwest::Certificate>, ChainError> {
        let read = self.0.iter().map(|der| reqwest::Certificate::from_der(der));
        read.collect::<Result<_, _>>().map_err(|_| unusable())
    }

    /// TLS for the WebSocket client.
    pub(super) fn tls(&self) -> Arc<ClientConfig> {
        install_crypto();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.0.iter().map(|der| CertificateDer::from(der.as_slice())));
        Arc::new(ClientConfig::builder().with_root_certificates(store).with_no_client_auth())
    }
}

fn unusable() -> ChainError {
    ChainError::new(Class::Config, "the certificates of ca_file cannot be used")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_is_refused() {
        let broken = "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
        for pem in ["", "no PEM at all", broken] {
            assert_eq!(Authority::from_pem(pem.as_bytes()), Err(NotAnAuthority::NoCertificate), "{pem}");
        }
        let nowhere = Authority::read(Path::new("no/such/file.pem"));
        assert_eq!(nowhere, Err(NotAnAuthority::Unreadable(std::io::ErrorKind::NotFound)));
    }

    #[test]
    fn every_certificate_of_a_bundle_is_taken() {
        let one = || rcgen::generate_simple_self_signed(["ca.example".to_owned()]).unwrap().cert.pem();
        let bundle = Authority::from_pem(format!("{}{}", one(), one()).as_bytes()).unwrap();
        assert_eq!(bundle.certificates().unwrap().len(), 2);
    }
}
